"""The flag sets that are dumped: values and keys that a YAML writer has to quote, and structures of every shape."""

import datetime
import random

SEED = 20261129

LOOKALIKES = (
    "", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "on", "On", "off", "OFF", "yes", "Yes", "no", "NO",
    "y", "n", "0", "-0", "+1", "1", "1.5", "-1.50", ".5", "5.", "1e3", "1E+3", "1_000", "010", "08", "0o17", "0x1F", "0b11",
    "0X1f", "0O17", "1__0", "_1", "1:30", "190:20:30", "12:30:45.5", ".inf", "-.INF", "+.inf", ".nan", ".NaN", "NaN", "inf",
    "2024-01-01", "2024-1-2", "2024-02-30", "2024-01-01T10:00:00Z", "2024-01-01 10:00:00", "2024-01-01t10:00:00+01:00",
    "0001-01-01", "=", "<<", "<", "1,000", "$1", "1.2.3", "v1", "0x", "0b", "1e", "e1", "+", "-", ".", "..", "...", "---",
    "+.", "-.", "+-1", "0.", "00", "0_", "1e1000", "-1e-1000", "123456789012345678901234567890", "9223372036854775808",
)  # fmt: skip

INDICATORS = (
    "#", "# a", "a # b", "a#b", ": a", "a: b", "a:b", "a:", ":", "::", "- a", "-a", "- ", "? a", "?", "?a", "&a", "*a", "!a",
    "!!str a", "! a", "|", "|-", ">", ">+", "%a", "%YAML 1.2", "@a", "`a`", "{", "}", "[", "]", ",", "a, b", "{a: b}", "[a]",
    "{{ a }}", "a]", "a}", "'", "''", "'a'", "it's", '"', '""', '"a"', 'a "b" c', "\\", "\\n", "a\\", "\\x41", "C:\\dir",
    "http://a.b/c?d=e#f", "a\tb", "-\ta", "--- a", "... a", "---a", "a\n---\nb", "a\n...\nb", "a\n# b\nc", "#\n#", "a: |\n b",
    "a@b.example", "50%", "^1.2", "~1.2", ">=1.2", "!=", "==", "&&", "||", "*", "*.example.com", "<a>&</a>",
)  # fmt: skip

SPACES = (
    " ", "  ", " a", "a ", "  a  ", "\ta", "a\t", "\t", "\n", "\n\n", "\na", "a\n", "a\n\n", "a\n\n\n", " \n", "\n ", "a\n b", " a\nb",
    "a\nb", "a\n\nb", "a\n\n\nb", "a \nb", "a\t\nb", "\n a\nb\n", "a\n\tb", "a\n  b\n c\n", "  a\n b\n", "a\nb ", "a\nb\n ", "a\n \nb",
    "a\r\nb", "a\rb", "\r", "a\r", "\r\n", " \ta", "a\n\n  b\n\n  c\n\nd", "one\ntwo\nthree\n", "a b\n" * 4, "a:\n  b: c\n",
    "- a\n- b\n", "\tif x:\n\t\ty\n", "a  b   c", "a" + " " * 90 + "b", " " * 20, "\n" * 5, "a\n" + " " * 30 + "b",
)  # fmt: skip

UNICODE = (
    "é", "ünï", "日本語", "日本語のとても長い文字列です", "Ω≈ç√", "😀", "👩‍👩‍👧", "a😀b", "\u00a0", "a\u00a0b", "\u200b", "\u200f", "\ufeff", "\ufeffa",
    "a\ufeffb", "\u2028", "a\u2028b", "\u2029a", "a\u2029", "\x85", "a\x85b", "\x00", "\x01a", "\x07", "\x1b[0m", "\x7f", "\x80", "\x9f",
    "\ue000", "\ufffd", "\ufffe", "\U00010000", "\U0010ffff", "İ", "ß", "Å", "नमस्ते", "שלום", "مرحبا", "１２", "٣", "\u3000", "é\nà",
    "\xad", "œ\tœ", "‘a’", "“a”", "…", "–", "½",
)  # fmt: skip

LONG = (
    "a" * 200, "word " * 40 + "end", "a, b: c # d " * 12, "x" * 79, "x" * 80 + " y", ("abc " * 19 + "\n") * 3, "é" * 90, "😀 " * 40 + "x",
    "'" * 60, '"q" ' * 30 + "x", "\\" * 50, "a\tb " * 30 + "x", "line one is long enough to be folded by a writer\n" * 3,
    "  indented " * 20 + "x", "1 " * 80 + "1", "- item " * 20 + "x", "a" * 50 + "\n" + "b" * 150, "semi; " * 30 + "x",
)  # fmt: skip

NUMBERS = (
    0, 1, -1, 7, 8, 42, 100, 1000000, 2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**53) - 1, -(2**63),
    -(2**63) - 1, 10**21, 10**30, 12345678901234567890123, 0.0, -0.0, 0.1, 0.5, -1.5, 1.0, 100.0, 1e6, 1e15, 1e16, 1e20, 1e21, 1e22, 1e100,
    1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 1e-5, 1e-6, 1e-7, 0.1 + 0.2, 1 / 3, 123456.789, 3.0e-10, 4.35, 1e23,
    9007199254740993.0, 0.30000000000000004, 1234567.0,
)  # fmt: skip

KEYS = (
    "on", "off", "yes", "no", "y", "n", "null", "~", "true", "false", "", "1", "1.5", "1.50", "010", "0x1F", "1_000", "1e3", "2024-01-01",
    "2024-01-01 10:00:00", "<<", "=", "-", "?", ":", "a b", "a: b", "a #b", "#a", "&a", "*a", "!a", "{a}", "[a]", "a,b", "'a'", '"a"',
    " a", "a ", "\n", "a\nb", "\t", "é", "😀", "k" * 130, "long key " * 16, "12:30:45", ".inf", ".nan", "1000000", "123456789", "1:30",
    "a\\b", "|", ">", "%a", "@a", "`a", "---", "...", "- a", "? a", "a:", ":a", "a?b", "\x85", "\u2028", "\ufeff",
)  # fmt: skip

OTHER_KEYS = (
    1, 0, -1, 1.5, 1.0, True, False, None, 1000000, 123456789, 2**53 + 1, 2**64, 10**30, 1e6, 1e21, 1e-7, -0.0,
    datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1, 10, 0, 5), datetime.datetime(2024, 1, 1, 10, 0, 5, 500000),
)  # fmt: skip

UTC1 = datetime.timezone(datetime.timedelta(hours=1))
DATES = (
    datetime.date(2024, 1, 1), datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.datetime(2024, 2, 29, 23, 59, 59),
    datetime.datetime(2024, 1, 1), datetime.datetime(2024, 1, 1, 1, 2, 3, 400), datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc),
    datetime.datetime(2024, 1, 1, 5, tzinfo=UTC1), datetime.datetime(2024, 1, 1, 5, 6, 7, 890000, tzinfo=UTC1),
)  # fmt: skip


def flag(variants):
    first = next((key for key in variants if isinstance(key, str)), "")
    return {"flags": {"f": {"state": "ENABLED", "variants": variants, "defaultVariant": first}}}


def chunks(name, values, size, keyed=False):
    for start in range(0, len(values), size):
        part = values[start : start + size]
        pairs = ((key, f"v{at}") for at, key in enumerate(part)) if keyed else ((f"v{at}", value) for at, value in enumerate(part))
        yield f"{name} {start // size}", flag(dict(pairs))


def structures():
    deep = "leaf"
    for level in range(12):
        deep = {f"d{level}": deep} if level % 3 else [deep]
    shared = {"color": "red", "sizes": [1, 2]}
    items = ["a", "b: c", None, True]
    yield "empty collections", flag({"o": {}, "l": [], "n": {"a": {}, "b": [], "c": [[], {}, [[]]]}, "s": ""})
    yield "deep", flag({"o": {"deep": deep}})
    yield "lists", flag({"o": {"l": [[1, 2], [[3], []], [{"a": 1}, {"b": [2, {"c": 3}]}], [None, True, "x: y"]]}})
    yield "shared", flag({"a": shared, "b": shared, "c": {"one": shared, "two": [shared, shared, items], "three": items}})
    yield "config", flag({"on": {"theme": "dark", "limits": {"cpu": 1.5, "mem": "512Mi"}, "tags": ["a", "yes", "1.0"], "retry": None}})
    yield "booleans", flag({"on": True, "off": False})
    yield "nulls", flag({"a": {"n": None, "m": [None, None], "": None}})
    yield "targeting", {
        "$schema": "https://flagd.dev/schema/v0/flags.json",
        "metadata": {"flagSetId": "a/b", "version": "1.10"},
        "$evaluators": {"mail": {"ends_with": [{"var": ["email"]}, "@example.com"]}},
        "flags": {
            "f": {
                "state": "ENABLED",
                "variants": {"on": "y", "off": "n"},
                "defaultVariant": "off",
                "targeting": {"if": [{"!": [{"in": ["DE", {"var": "country"}]}]}, "on", {"$ref": "mail"}, None, {">=": [1, 0.5]}]},
            }
        },
    }


def mixtures(pick):
    """Flags with a mixture of everything: as an object, as a list and as variants."""
    pool = LOOKALIKES + INDICATORS + SPACES + UNICODE + LONG + NUMBERS + (True, False, None)
    for number in range(12):
        keys = pick.sample(KEYS, 5)
        inner = {key: pick.choice(pool) for key in pick.sample(KEYS, 3)}
        yield f"mixture {number}", flag(
            {
                keys[0]: {key: pick.choice(pool) for key in keys},
                keys[1]: [pick.choice(pool) for _ in range(4)] + [inner, [inner, pick.choice(pool)]],
                keys[2]: pick.choice(pool),
            }
        )


def json_sets():
    """The sets that are JSON as well."""
    pick = random.Random(SEED)
    for name, values, size in (
        ("lookalikes", LOOKALIKES, 12),
        ("indicators", INDICATORS, 12),
        ("spaces", SPACES, 8),
        ("unicode", UNICODE, 12),
        ("long", LONG, 4),
        ("numbers", NUMBERS, 14),
    ):
        yield from chunks(name, values, size)
    yield from chunks("keys", KEYS, 12, keyed=True)
    yield from structures()
    yield from mixtures(pick)


def python_sets():
    """Sets with values that only Python's writers have."""
    for name, value in (("infinite", float("inf")), ("minus infinite", float("-inf")), ("not a number", float("nan"))):
        yield name, flag({"v": [value]})
    yield from chunks("dates", DATES, 5)
    for number in range(0, len(OTHER_KEYS), 5):
        keys = dict.fromkeys(OTHER_KEYS[number : number + 5], "x")
        yield f"other keys {number // 5}", flag({"o": keys, "p": {"s": "t", **keys}})
    yield "other keys as variants", flag({"s": 1, 2: 2, 2.5: 3, True: 4})
    yield "bytes", flag({"v": b"\x00\xff binary \n text", "w": [b"", b"plain"]})
    yield "python types", flag({"v": {"b", "a"}, "w": (1, ("x", 2))})
