package gherkin;

import dev.openfeature.contrib.providers.flagd.Config;
import dev.openfeature.contrib.providers.flagd.FlagdOptions;
import dev.openfeature.contrib.providers.flagd.FlagdProvider;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.ProviderState;
import io.cucumber.java.en.Given;
import io.cucumber.java.en.Then;
import io.cucumber.java.en.When;
import java.util.Map;

/** Connections and events. */
public class Connection {
    private static final int NOBODY = 9999;
    private static final int ENVOY = 9211;
    private static final int REFUSING = 9212;
    private static final Map<String, Integer> PORTS = Map.of("rpc", 8013, "in-process", 8015, "file", NOBODY);
    private static final Map<String, Config.Resolver> RESOLVERS = Map.of(
            "rpc", Config.Resolver.RPC, "in-process", Config.Resolver.IN_PROCESS, "file", Config.Resolver.FILE);
    private static final Map<String, String> SOCKETS = Map.of("rpc", "evaluation.sock", "in-process", "sync.sock");

    /** The launcher's configuration for a kind of connection, if it is not `default`. */
    private static final Map<String, String> CONFIGURATIONS =
            Map.of("ssl", "ssl", "metadata", "metadata", "syncpayload", "sync-payload", "socket", "socket");

    @Given("^a (stable|ssl|socket|unavailable|forbidden|metadata|syncpayload) flagd provider$")
    public void connect(String kind) throws Exception {
        World.launcher("start?config=" + CONFIGURATIONS.getOrDefault(kind, "default"));
        var builder = builder(kind);
        World.options.replaceAll((name, option) ->
                new World.Option(option.kind(), option.text().replace("<port>", String.valueOf(ENVOY))));
        Configuration.apply(builder);
        if (World.options.containsKey("targetUri")) {
            builder.port(NOBODY);
        }
        World.domain = kind + " " + System.nanoTime();
        var api = OpenFeatureAPI.getInstance();
        var provider = new FlagdProvider(builder.build());
        if (kind.equals("unavailable") || kind.equals("forbidden")) {
            api.setProvider(World.domain, provider);
        } else {
            api.setProviderAndWait(World.domain, provider);
        }
        World.client = api.getClient(World.domain);
    }

    /** The options of the provider's own end-to-end tests, with longer deadlines, because the JVM has just started. */
    private static FlagdOptions.FlagdOptionsBuilder builder(String kind) {
        var builder = FlagdOptions.builder()
                .resolverType(RESOLVERS.get(World.MODE))
                .port(PORTS.get(World.MODE))
                .deadline(15000)
                .keepAlive(0)
                .retryGracePeriod(2)
                .retryBackoffMs(500);
        switch (kind) {
            case "unavailable" -> builder.port(NOBODY);
            case "forbidden" -> builder.port(REFUSING);
            case "ssl" -> builder.tls(true).certPath(World.LAUNCHED.resolve("ssl/custom-root-cert.crt").toString());
            case "socket" -> builder.port(NOBODY).socketPath(World.LAUNCHED.resolve(SOCKETS.getOrDefault(World.MODE, "")).toString());
            default -> { }
        }
        if (World.MODE.equals("file")) {
            builder.offlineFlagSourcePath(World.LAUNCHED.resolve(file(kind)).toString());
        }
        return builder;
    }

    /** The flag file that a provider without a daemon reads. */
    private static String file(String kind) {
        var selector = World.options.get("selector");
        if (kind.equals("unavailable")) {
            return "not-existing";
        }
        return selector == null ? "flags/allFlags.json" : selector.text();
    }

    @Given("^a (ready|error|stale|change) event handler$")
    public void handler(String name) {
        var events = World.events;
        World.client.on(Events.TYPES.get(name), details -> events.add(name, details));
    }

    @When("^a (ready|error|stale|change) event was fired$")
    public void fired(String name) throws InterruptedException {
        World.event = World.events.next(name, Events.PATIENCE);
    }

    @Then("^the (ready|error|stale|change) event handler should have been executed$")
    public void executed(String name) throws InterruptedException {
        World.events.next(name, Events.PATIENCE);
    }

    @Then("^the (ready|error|stale|change) event handler should have been executed within (\\d+)ms$")
    public void executedWithin(String name, int milliseconds) throws InterruptedException {
        World.events.next(name, milliseconds);
    }

    @When("^the connection is lost for (\\d+)s$")
    public void lost(int seconds) throws Exception {
        World.launcher("restart?seconds=" + seconds);
    }

    @When("^the flag was modified$")
    public void modified() throws Exception {
        World.launcher("change");
    }

    @Then("^the client should be in fatal state$")
    public void fatal() {
        World.equal(World.client.getProviderState(), ProviderState.FATAL);
    }
}
