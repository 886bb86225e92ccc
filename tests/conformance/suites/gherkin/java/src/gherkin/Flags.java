package gherkin;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.ImmutableMetadata;
import dev.openfeature.sdk.ImmutableStructure;
import dev.openfeature.sdk.Value;
import io.cucumber.datatable.DataTable;
import io.cucumber.java.en.Given;
import io.cucumber.java.en.Then;
import io.cucumber.java.en.When;
import java.util.LinkedHashMap;
import java.util.Map;

/** Flags, contexts and results. */
public class Flags {
    @Given("^a (\\w+)-flag with key \"([^\"]*)\" and a default value \"([^\"]*)\"$")
    public void flag(String kind, String key, String text) throws Exception {
        World.flag = new World.Flag(kind, key, value(kind, text));
    }

    @Given("^a context containing a key \"([^\"]*)\", with type \"(\\w+)\" and with value \"(.*)\"$")
    public void contextWith(String key, String kind, String text) throws Exception {
        World.context.put(key, attribute(kind, text));
    }

    @Given("^a context containing a nested property with outer key \"([^\"]*)\" and inner key \"([^\"]*)\", with value \"([^\"]*)\"$")
    public void contextWithNested(String outer, String inner, String text) {
        World.context.put(outer, new Value(new ImmutableStructure(Map.of(inner, new Value(text)))));
    }

    @Given("^a context containing a targeting key with value \"([^\"]*)\"$")
    public void targetingKey(String text) {
        World.context.put("targetingKey", new Value(text));
    }

    @When("^the flag was evaluated with details$")
    public void evaluated() {
        var flag = World.flag;
        var attributes = new LinkedHashMap<>(World.context);
        var key = attributes.get("targetingKey");
        var context = key != null && key.isString()
                ? new ImmutableContext(key.asString(), without(attributes, "targetingKey"))
                : new ImmutableContext(attributes);
        World.answer = switch (flag.kind()) {
            case "Boolean" -> World.client.getBooleanDetails(flag.key(), (Boolean) flag.fallback(), context);
            case "String" -> World.client.getStringDetails(flag.key(), (String) flag.fallback(), context);
            case "Integer" -> World.client.getIntegerDetails(flag.key(), (Integer) flag.fallback(), context);
            case "Float" -> World.client.getDoubleDetails(flag.key(), (Double) flag.fallback(), context);
            case "Object" -> World.client.getObjectDetails(flag.key(), (Value) flag.fallback(), context);
            default -> throw new IllegalArgumentException("unknown type " + flag.kind());
        };
    }

    private static Map<String, Value> without(Map<String, Value> attributes, String key) {
        attributes.remove(key);
        return attributes;
    }

    @Then("^the resolved details value should be \"(.*)\"$")
    public void valueIs(String text) throws Exception {
        World.equal(World.answer.getValue(), value(World.flag.kind(), text));
    }

    @Then("^the reason should be \"([^\"]*)\"$")
    public void reasonIs(String text) {
        World.equal(World.answer.getReason(), text);
    }

    @Then("^the variant should be \"([^\"]*)\"$")
    public void variantIs(String text) {
        World.equal(World.answer.getVariant(), text);
    }

    @Then("^the error-code should be \"([^\"]*)\"$")
    public void errorIs(String text) {
        var code = World.answer.getErrorCode();
        World.equal(code == null ? "" : code.name(), text);
    }

    @Then("^the flag should be part of the event payload$")
    public void changed() {
        if (!World.event.details().getFlagsChanged().contains(World.flag.key())) {
            throw new AssertionError("the flag is not in " + World.event);
        }
    }

    @Then("^the resolved metadata should contain$")
    public void metadataContains(DataTable table) throws Exception {
        var metadata = World.answer.getFlagMetadata();
        for (var row : table.asMaps()) {
            World.equal(member(metadata, row.get("metadata_type"), row.get("key")), value(row.get("metadata_type"), row.get("value")));
        }
    }

    private static Object member(ImmutableMetadata metadata, String kind, String key) {
        return switch (kind) {
            case "Boolean" -> metadata.getBoolean(key);
            case "Integer" -> metadata.getInteger(key);
            case "Float" -> metadata.getDouble(key);
            default -> metadata.getString(key);
        };
    }

    @Then("^the resolved metadata is empty$")
    public void metadataIsEmpty() {
        World.equal(World.answer.getFlagMetadata().isEmpty(), true);
    }

    /** The value of a flag, from its text and type in the suite. */
    private static Object value(String kind, String text) throws Exception {
        return switch (kind) {
            case "Boolean" -> Boolean.parseBoolean(text);
            case "Integer" -> Integer.parseInt(text);
            case "Float" -> Double.parseDouble(text);
            case "Object" -> Value.objectToValue(new ObjectMapper().readValue(text, Object.class));
            case "String" -> text;
            default -> throw new IllegalArgumentException("unknown type " + kind);
        };
    }

    /** A context attribute. Integers out of Java's range are doubles. */
    private static Value attribute(String kind, String text) throws Exception {
        if (kind.equals("Integer")) {
            var number = Long.parseLong(text);
            return number == (int) number ? new Value((int) number) : new Value((double) number);
        }
        return Value.objectToValue(value(kind, text));
    }
}
