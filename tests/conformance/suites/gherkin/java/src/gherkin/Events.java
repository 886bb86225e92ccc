package gherkin;

import dev.openfeature.sdk.EventDetails;
import dev.openfeature.sdk.ProviderEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Events of a provider, in order of arrival. */
final class Events {
    /** Milliseconds. Longer than any outage of a connection and the reconnection after it. */
    static final long PATIENCE = 20_000;

    static final Map<String, ProviderEvent> TYPES = Map.of(
            "ready", ProviderEvent.PROVIDER_READY,
            "error", ProviderEvent.PROVIDER_ERROR,
            "stale", ProviderEvent.PROVIDER_STALE,
            "change", ProviderEvent.PROVIDER_CONFIGURATION_CHANGED);

    record Event(String name, EventDetails details) {}

    private final List<Event> seen = new ArrayList<>();

    synchronized void add(String name, EventDetails details) {
        seen.add(new Event(name, details));
        notifyAll();
    }

    /** Waits for an event. Discards earlier events and keeps later ones. */
    synchronized Event next(String name, long patience) throws InterruptedException {
        var deadline = System.nanoTime() + patience * 1_000_000;
        while (true) {
            for (int i = 0; i < seen.size(); i++) {
                if (seen.get(i).name().equals(name)) {
                    var found = seen.get(i);
                    seen.subList(0, i + 1).clear();
                    return found;
                }
            }
            var left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("no " + name + " event in " + patience + " ms, but " + seen);
            }
            wait(left);
        }
    }
}
