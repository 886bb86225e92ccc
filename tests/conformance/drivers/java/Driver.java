// The official Java provider, controlled over standard input; ../README.md describes the protocol.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.openfeature.contrib.providers.flagd.FlagdProvider;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.ImmutableStructure;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.ProviderEvent;
import dev.openfeature.sdk.Structure;
import dev.openfeature.sdk.Value;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public final class Driver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final OpenFeatureAPI API = OpenFeatureAPI.getInstance();
    private static final PrintStream ANSWERS = System.out;

    private final Client client = API.getClient();

    public static void main(String[] arguments) throws Exception {
        // Output of the provider must not mix with the responses.
        System.setOut(System.err);
        Driver driver = new Driver();
        say(JSON.createObjectNode().put("language", "java").put("events", true));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode question = JSON.readTree(line);
            ObjectNode answer = JSON.createObjectNode();
            answer.set("id", question.get("id"));
            try {
                answer.set("result", driver.answer(question));
            } catch (Exception why) {
                answer.put("error", why.toString());
            }
            say(answer);
        }
    }

    private static synchronized void say(JsonNode line) {
        ANSWERS.println(line);
        ANSWERS.flush();
    }

    private JsonNode answer(JsonNode question) {
        switch (question.get("verb").asText()) {
            case "open":
                for (ProviderEvent event : ProviderEvent.values()) {
                    follow(event);
                }
                API.setProviderAndWait(new FlagdProvider());
                return JSON.nullNode();
            case "status":
                return JSON.valueToTree(client.getProviderState().name());
            case "ask":
                return described(details(question, context(question.get("context"))));
            case "sweep":
                return sweep(question.get("flags"), question.get("contexts"));
            case "close":
                API.shutdown();
                return JSON.nullNode();
            default:
                throw new IllegalArgumentException("no such verb: " + question);
        }
    }

    private void follow(ProviderEvent event) {
        client.on(event, details -> {
            ObjectNode line = JSON.createObjectNode().put("event", event.name());
            line.set("flagsChanged", JSON.valueToTree(details.getFlagsChanged()));
            say(line);
        });
    }

    private FlagEvaluationDetails<?> details(JsonNode flag, EvaluationContext context) {
        String key = flag.get("key").asText();
        JsonNode mine = flag.get("mine");
        switch (flag.get("type").asText()) {
            case "boolean":
                return client.getBooleanDetails(key, mine.asBoolean(), context);
            case "string":
                return client.getStringDetails(key, mine.asText(), context);
            case "integer":
                return client.getIntegerDetails(key, mine.asInt(), context);
            case "float":
                return client.getDoubleDetails(key, mine.asDouble(), context);
            default:
                return client.getObjectDetails(key, value(mine), context);
        }
    }

    private static ObjectNode described(FlagEvaluationDetails<?> details) {
        ObjectNode answer = JSON.createObjectNode();
        answer.set("value", plain(details.getValue()));
        answer.put("variant", details.getVariant());
        answer.put("reason", details.getReason());
        answer.put("errorCode", details.getErrorCode() == null ? null : details.getErrorCode().name());
        answer.put("errorMessage", details.getErrorMessage());
        answer.set("metadata", JSON.valueToTree(details.getFlagMetadata().asUnmodifiableMap()));
        return answer;
    }

    private ArrayNode sweep(JsonNode flags, JsonNode contexts) {
        ArrayNode rows = JSON.createArrayNode();
        for (JsonNode attributes : contexts) {
            EvaluationContext context = context(attributes);
            ArrayNode row = rows.addArray();
            for (JsonNode flag : flags) {
                FlagEvaluationDetails<?> details = details(flag, context);
                row.add(details.getErrorCode() == null ? details.getVariant() : details.getErrorCode().name());
            }
        }
        return rows;
    }

    private static EvaluationContext context(JsonNode attributes) {
        Map<String, Value> values = new HashMap<>();
        if (attributes == null || attributes.isNull()) {
            return new ImmutableContext();
        }
        attributes.fields().forEachRemaining(field -> values.put(field.getKey(), value(field.getValue())));
        Value key = values.remove("targetingKey");
        return key == null ? new ImmutableContext(values) : new ImmutableContext(key.asString(), values);
    }

    private static Value value(JsonNode node) {
        if (node.isBoolean()) {
            return new Value(node.asBoolean());
        }
        if (node.isInt()) {
            return new Value(node.asInt());
        }
        if (node.isNumber()) {
            return new Value(node.asDouble());
        }
        if (node.isTextual()) {
            return new Value(node.asText());
        }
        if (node.isArray()) {
            List<Value> items = new ArrayList<>();
            node.forEach(item -> items.add(value(item)));
            return new Value(items);
        }
        if (node.isObject()) {
            Map<String, Value> members = new HashMap<>();
            node.fields().forEachRemaining(field -> members.put(field.getKey(), value(field.getValue())));
            return new Value(new ImmutableStructure(members));
        }
        return new Value();
    }

    private static JsonNode plain(Object value) {
        if (!(value instanceof Value)) {
            return JSON.valueToTree(value);
        }
        Value wrapped = (Value) value;
        if (wrapped.isList()) {
            ArrayNode items = JSON.createArrayNode();
            wrapped.asList().forEach(item -> items.add(plain(item)));
            return items;
        }
        if (wrapped.isStructure()) {
            ObjectNode members = JSON.createObjectNode();
            Structure structure = wrapped.asStructure();
            structure.keySet().forEach(key -> members.set(key, plain(structure.getValue(key))));
            return members;
        }
        return JSON.valueToTree(wrapped.asObject());
    }
}
