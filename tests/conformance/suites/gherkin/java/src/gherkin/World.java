package gherkin;

import dev.openfeature.contrib.providers.flagd.FlagdOptions;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.NoOpProvider;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.Value;
import io.cucumber.java.After;
import io.cucumber.java.Before;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The state of one scenario. Scenarios run one after the other. */
public class World {
    static final String MODE = System.getenv("MODE");
    static final Path LAUNCHED = Path.of(System.getenv("LAUNCHED"));
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    static Map<String, Option> options;
    static FlagdOptions config;
    static Exception configError;
    static String domain;
    static Client client;
    static Events events;
    static Events.Event event;
    static Flag flag;
    static Map<String, Value> context;
    static FlagEvaluationDetails<?> answer;

    record Option(String kind, String text) {}

    record Flag(String kind, String key, Object fallback) {}

    @Before
    public void begin() {
        options = new LinkedHashMap<>();
        config = null;
        configError = null;
        client = null;
        events = new Events();
        context = new LinkedHashMap<>();
        answer = null;
    }

    @After
    public void end() throws Exception {
        if (client != null) {
            // The SDK shuts a provider down when another one replaces it.
            OpenFeatureAPI.getInstance().setProvider(domain, new NoOpProvider());
        }
        Environment.restore();
    }

    /** Calls the launcher: start?config=NAME, restart?seconds=N or change. */
    static void launcher(String what) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:8080/" + what))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        var answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException("the launcher returns " + answer.statusCode() + " for " + what);
        }
    }

    static void equal(Object got, Object wanted) {
        if (!java.util.Objects.equals(got, wanted)) {
            throw new AssertionError("wanted " + wanted + ", got " + got + " (" + answer + ")");
        }
    }
}
