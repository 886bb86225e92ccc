package gherkin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Temporary environment variables. Java cannot set them, so reflection changes the map behind System.getenv. */
final class Environment {
    private static final List<String> SET = new ArrayList<>();

    private Environment() {}

    static void set(String name, String text) throws ReflectiveOperationException {
        map().put(name, text);
        SET.add(name);
    }

    static void restore() throws ReflectiveOperationException {
        for (var name : SET) {
            map().remove(name);
        }
        SET.clear();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> map() throws ReflectiveOperationException {
        var behind = System.getenv().getClass().getDeclaredField("m");
        behind.setAccessible(true);
        return (Map<String, String>) behind.get(System.getenv());
    }
}
