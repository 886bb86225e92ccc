package gherkin;

import dev.openfeature.contrib.providers.flagd.Config;
import dev.openfeature.contrib.providers.flagd.FlagdOptions;
import io.cucumber.java.en.Given;
import io.cucumber.java.en.Then;
import io.cucumber.java.en.When;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.Stream;

/** Options of the provider. */
public class Configuration {
    private static final Map<String, String> NAMES = Map.of(
            "resolver", "resolverType", "deadlineMs", "deadline", "keepAliveTime", "keepAlive", "cache", "cacheType");

    @Given("^an option \"([^\"]+)\" of type \"([^\"]+)\" with value \"([^\"]*)\"$")
    public void option(String name, String kind, String text) {
        World.options.put(name, new World.Option(kind, text));
    }

    @Given("^an environment variable \"([^\"]+)\" with value \"([^\"]*)\"$")
    public void environmentVariable(String name, String text) throws ReflectiveOperationException {
        Environment.set(name, text);
    }

    @When("^a config was initialized$")
    public void initialized() {
        try {
            var builder = FlagdOptions.builder();
            apply(builder);
            World.config = builder.build();
        } catch (Exception error) {
            World.configError = error;
        }
    }

    @Then("^the option \"([^\"]+)\" of type \"([^\"]+)\" should have the value \"([^\"]*)\"$")
    public void has(String name, String kind, String text) throws Exception {
        if (World.configError != null) {
            throw World.configError;
        }
        var getters = Stream.of("get", "is").map(prefix -> prefix + capital(named(name))).toList();
        var getter = method(FlagdOptions.class, getters, name);
        World.equal(getter.invoke(World.config), value(kind, text));
    }

    @Then("^we should have an error$")
    public void failed() {
        if (World.configError == null) {
            throw new AssertionError("no error");
        }
    }

    /** Sets the scenario's options. */
    static void apply(FlagdOptions.FlagdOptionsBuilder builder) throws ReflectiveOperationException {
        for (var each : World.options.entrySet()) {
            var setter = method(builder.getClass(), List.of(named(each.getKey())), each.getKey());
            setter.invoke(builder, value(each.getValue().kind(), each.getValue().text()));
        }
    }

    private static java.lang.reflect.Method method(Class<?> from, List<String> names, String option) {
        return Arrays.stream(from.getMethods())
                .filter(method -> names.contains(method.getName()))
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("the provider has no option " + option));
    }

    private static String named(String option) {
        return NAMES.getOrDefault(option, option);
    }

    private static String capital(String name) {
        return name.substring(0, 1).toUpperCase() + name.substring(1);
    }

    private static Object value(String kind, String text) {
        if (text.equals("null")) {
            return null;
        }
        return switch (kind) {
            case "Integer" -> Integer.parseInt(text);
            case "Long" -> Long.parseLong(text);
            case "Boolean" -> Boolean.parseBoolean(text.toLowerCase());
            case "CacheType" -> text.toLowerCase();
            case "ResolverType" -> Config.Resolver.valueOf(text.toUpperCase().replace('-', '_'));
            case "StringList" -> Stream.of(text.split(",")).map(String::trim).filter(part -> !part.isEmpty()).toList();
            case "String" -> text;
            default -> throw new IllegalArgumentException("unknown type " + kind);
        };
    }
}
