"""Handwritten documents: every scalar form as a value, a key and with a tag, and mappings with merge keys."""

from sets import LOOKALIKES

MORE_SCALARS = (
    "+0x1F", "-0x1F", "0x_1F", "0x1F_", "0x1G", "0b12", "0o8", "0o_17", "-0o17", "+010", "-010", "0_10", "1_", "1._5", "1_.5", "1.5_0",
    "1e+3", "1.e3", ".e3", "1e3.5", "+.5", "-.5", "._5", "1E400", "-1E400", "1e-400", "0x1p3", "0x1.8p1", "1p3", "infinity", "Infinity",
    "18446744073709551615", "18446744073709551616", "-9223372036854775808", "-9223372036854775809", "0xFFFFFFFFFFFFFFFF",
    "0x10000000000000000", "-0x8000000000000000", "0b" + "1" * 64, "-0b" + "1" * 63, "0o1777777777777777777777", "0777", "0999", "0.1e1",
    "9007199254740993", "9007199254740993.0", "0.1", "100000000000000000000000", "1" * 400, "2024-13-01", "2024-01-32", "2023-02-29",
    "2024-01-01T", "2024-01-01T10", "2024-01-01T10:00", "2024-01-01T10:00:00", "2024-01-01T10:00:00.123456789Z", "2024-01-01T1:2:3Z",
    "2024-01-01T10:00:00z", "2024-01-01 10:00:00Z", "2024-01-01 10:00:00 Z", "2024-01-01 10:00:00 +01:00", "2024-01-01T10:00:00+01",
    "2024-01-01T10:00:00+0100", "2024-01-01T24:00:00Z", "2024-01-01T23:59:60Z", "2024-01-01T10:00:00,5Z", "2024-1-1T1:1:1.5-07:30",
    "12024-01-01", "224-01-01", "0000-01-01", "9999-12-31T23:59:59.999999999999Z", "2024-01-01T10:00:00+00:00", "2024-01-01T10:00:00-00:00",
    "2024-01-01  10:00:00", "2024-01-01   1:2:3.5", "2024-01-01\t10:00:00", "2024-01-01 \t10:00:00", "2024-01-01T10:00:00.Z",
    "2024-01-01T10:00:00.", "2024-01-01 10:00:00.", "2024-01-01 10:00:00,25", "2024-01-01T10:00:00.1234567891Z", "2024-01-01T10:00:00.1+01:60",
    "2024-01-01T10:00:00+23:60", "2024-01-01T10:00:00+24:00", "2024-01-01T10:00:00-24:30", "2024-01-01T10:00:00+25:00", "2024-01-01T10:00:00+01:61",
    "tRUE", "nULL", "Null ", "é", "١", "１", "0x", "0xg", "-", "+", "--1", "1-", "1+1",
    "1_000.5", "1_000e1", "-1_000", "0.0", "-0.0", "+0", "00.5", "01.5", "-01.5", "08.5", "1.", "-1.", "+1.5e-3", "1e05", "!", "! 1",
    "!!str", "!!null", "!!str 1", "! '1'",
)  # fmt: skip

TAGS = ("!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!local", "!", "!<tag:yaml.org,2002:int>", "!!seq", "!!map")
TAGGED = ("1", "1.5", "true", "~", '""', "a", "'1'", '"1.5"', "'true'", '"null"', "2024-01-01", "'2024-01-01'", "YWJj", '"YW Jj"', "0x10", "1e3", "-.inf")

# The members of an object variant.
OBJECTS = {
    "integer keys": ["1000000: a", "123456789: b", "9007199254740993: c", "18446744073709551615: d", "-1000000: e", "21000000: f"],
    "float keys": ["1e6: a", "1.0: b", "100000.0: c", "1e21: d", "1.5e-7: e", "123456789.5: f"],
    "keys with text keys": ["1.50: a", "x: b", "0x10: c", "2024-01-01: d", "~: e", "True: f"],
    "equal keys of two types": ["1: a", "'1': b"],
    "zero keys": ["-0: a", "-0.0: b"],
    "duplicate keys": ["a: 1", "a: 2"],
    "duplicate keys, quoted": ["a: 1", '"a": 2'],
    "duplicate numbers as keys": ["1: 1", "1: 2"],
    "numbers of one value as keys": ["16: 1", "0x10: 2"],
    "merge": ["b: &b {x: 1, y: 2}", "m: {<<: *b, y: 3, z: 4}"],
    "merge of a list": ["b: &b {x: 1}", "c: &c {x: 2, y: 3}", "m: {<<: [*b, *c], z: 4}"],
    "merge behind the keys": ["b: &b {x: 1}", "m: {x: 5, <<: *b}"],
    "merge twice": ["b: &b {x: 1}", "c: &c {y: 2}", "m: {<<: *b, <<: *c}"],
    "merge inline": ["m: {<<: {x: 1}, y: 2}"],
    "merge of other keys": ["b: &b {1.50: a, 0x10: b, ~: c, True: d, 2024-01-01: e}", "m: {<<: *b}", "n: {<<: *b, 2: x}"],
    "merge of a merge": ["b: &b {x: 1}", "c: &c {<<: *b, y: 2}", "m: {<<: *c, z: 3}"],
    "merge of a scalar": ["m: {<<: 1}"],
    "merge of a list in a list": ["m: {<<: [[{x: 1}]]}"],
    "merge of an empty list": ["m: {<<: []}"],
    "merge of null": ["m: {<<: ~}"],
    "merge of a list with a scalar": ["b: &b {x: 1}", "m: {<<: [*b, 1]}"],
    "quoted merge key": ["b: &b {x: 1}", 'm: {"<<": *b}'],
    "tagged merge key": ["b: &b {x: 1}", "m: {!!merge <<: *b}"],
    "anchor on a key": ["&k key: 1", "l: *k", "*k : 2", "m: {*k : 3}"],
    "alias of a number as key": ["n: &n 1.50", "m: {*n : x}"],
    "alias of an object as key": ["n: &n {a: 1}", "m: {*n : x}"],
    "alias in itself": ["n: &n [1, *n]"],
    "unknown alias": ["n: *nothing"],
    "anchor twice": ["a: &n 1", "b: *n", "c: &n 2", "d: *n"],
    "anchor of null": ["a: &n", "b: *n"],
    "list as key": ["[1, 2]: a"],
    "object as key": ["{a: 1}: b"],
    "explicit list as key": ["? - 1", "  - 2", ": a"],
    "set": ["s: !!set {a, b}"],
    "omap": ["s: !!omap [a: 1, b: 2]"],
    "pairs": ["s: !!pairs [a: 1, a: 2]"],
    "flow pairs": ["l: [a: 1, b: 2, ? c : 3, : 4]", 'm: {"a":1, b, c: , ? d, "e": }'],
    "adjacent": ['m: {"a":1,"b":[1,2],"c":{"d":null}}'],
    "tabs": ["a:\t1", "b: [\t1,\t2\t]", "c: {a:\t1}", "d: x\t# comment", "e:\t", "f: 'x\ty'"],
    "tab in front": ["a:", "\tb: 1"],
    "carriage returns": ["a: 1\r", "b: |\r", "  x\r", "  y\r", "c: 'x\r", "  y'\r"],
    "only carriage returns": ["a: 1\r      b: 2"],
    "NEL and LS": ["a: 'x\x85  y'", "b: 'x\u2028  y'", "c: x\u2029   y", "d: |", "  x\x85        y"],
    "byte order mark": ["a: \ufeffx", "b: '\ufeffx'", "\ufeffc: 1"],
    "byte order mark in front of a key": ["a: 1", "\ufeff"],
    "control characters": ["a: 'x\x01'"],
    "delete": ["a: 'x\x7f'"],
    "C1": ["a: 'x\x80'"],
    "not a character": ["a: 'x\ufffe'"],
    "escapes": ['a: "\\0\\a\\b\\t\\\t\\n\\v\\f\\r\\e\\ \\"\\/\\\\\\N\\_\\L\\P\\x41\\u263a\\U0001F600"'],
    "escaped apostrophe": ['a: "\\\'"'],
    "escaped surrogates": ['a: "\\ud83d\\ude00"'],
    "escape beyond Unicode": ['a: "\\U00110000"'],
    "unknown escape": ['a: "\\d"'],
    "escaped line break": ['a: "x \\', '  \\ y\\', '   z"'],
    "block indicators": ["a: |2-", "     x", "    y", "b: >+", "  x", "", "c: |-1", "  x", "d: |+", "", "e: >", "", "   x", "  y", "   z", "", ""],
    "block with less indentation": ["a: |", "    x", "   y", "  z"],
    "block with leading lines": ["a: |", "     ", "  x"],
    "folded": ["a: >", "  x", "  y", "", "  z", "   w", "   v", "", "  u", "", "", "  t", "  \tq", "  p"],
    "comments": ["a: 1 # c", "# c", "  # c", "b: # c", "  - 1 # c", "  # c", "  - 2", "c: 'x' # c", "d: | # c", "  x # no", "  # no", " # c", "e: x#y"],
    "comment behind a tab": ["a: 1", "\t# c", "b: 2"],
    "comment behind a tab, below a comment": ["# c", "\t# d", "a: 1", "# e", "", "\t # f", "b: 2"],
    "comment behind a tab, below a block": ["a: |", "  x", "# c", "\t# d", "b: 1"],
    "comment without a space": ["a: 'x'#c"],
    "plain lines": ["a: x", "  y", "", "  z", "b: - x", "c: x: y"],
    "plain scalars": ["a: x: y"],
    "plain lines with colons": ["a: x", "  http://y", "b: a?b", "c: ?a", "d: -a", "e: :a", "f: a,b]", "g: x'y", "h: %a", "i: a%"],
    "quoted lines": ["a: 'x", "  y", "", "   z '", 'b: "x  ', '  y \\n z', '', '  w"'],
    "explicit keys": ["? a", ": 1", "? |", "  b", ": - 2", "  - 3", "? c", "d: 4"],
    "list at the level of the key": ["a:", "- 1", "- b: 2", "  c: 3", "- - 4", "  - 5", "d:", "    -   6"],
    "nothing": ["a:", "b: ", "c: [,]"],
    "trailing commas": ["a: [1, 2,]", "b: {c: 1,}"],
    "flow lines": ["a: [1,", "2,", "]", "b: {", "c: 1", "}"],
    "flow lines with less indentation": ["a: {", "b: 1", "  }"],
    "flow plain": ["a: [a b, c-d, e:f, g#h, -1, -x, ?x, http://x/y, a'b]", "b: {a:1, b: c:d, e:}", "c: [a:]", "d: [x:y]", "e: [1:2]"],
    "flow question": ["a: [? x]", "b: {? x}", "c: {?x: 1}"],
    "long key": [f"{'k' * 1025}: 1"],
    "key of 1024": [f"{'k' * 1023}: 1"],
    "long flow key": [f"{{{'k' * 1025}: 1}}"],
    "tags with commas": ["a: [!t, !u x, !!str, !!int 1]", "b: {!t k: !t v}", "c: !!map {a: 1}", "d: !!seq [1]"],
    "verbatim tag in front of a comma": ["a: [!<x>, 1]"],
    "verbatim tags": ["a: !<x> 1", "b: [!<x> , !<tag:yaml.org,2002:str> 1]"],
    "binary": ["a: !!binary YWJj", "b: !!binary |", "  YW", "  Jj", "c: !!binary ''", "d: !!binary '  YWJj'"],
    "binary with other last bits": ["a: !!binary cGx="],
    "binary without padding": ["a: !!binary cGw"],
    "binary with a space": ["a: !!binary 'cG w='"],
    "tags on collections": ["a: !t {b: 1}", "c: !!str [1]", "d: !!int {a: 1}", "e: !!map [1]", "f: !!seq {a: 1}"],
    "anchors and tags": ["a: &x !!str 1", "b: !!str &y 1", "c: *x", "d: [*x, *y]", "e: {*x : *y}", "f: &x"],
    "anchor names": ["a: &a-b_1 1", "b: *a-b_1"],
    "anchor with a dot": ["a: &a.b 1", "b: *a.b"],
    "anchor with a colon": ["a: &a:b 1", "b: *a:b"],
    "alias with a comment": ["a: &x 1", "b: [*x , *x]", "c: *x # c"],
}  # fmt: skip

HEADS = {
    "directive": "%YAML 1.1\n---\n",
    "YAML 1.2": "%YAML 1.2\n---\n",
    "YAML 1.3": "%YAML 1.3\n---\n",
    "YAML 2.0": "%YAML 2.0\n---\n",
    "tag directive": "%TAG !e! tag:yaml.org,2002:\n---\n",
    "unknown directive": "%FOO bar\n---\n",
    "comment": "# a\n\n  # b\n",
    "byte order mark": "\ufeff",
    "byte order mark and marker": "\ufeff---\n",
    "marker with a comment": "--- # c\n",
    "empty document": "---\n---\n",
    "end marker": "...\n---\n",
    "tag": "--- !!map\n",
    "anchor": "--- &a\n",
}
TAILS = {
    "end": "...\n",
    "end and text": "... # c\n",
    "second document": "---\nflags: {}\n",
    "second document, invalid": "---\nflags: [\n",
    "text behind the end": "...\nflags: {}\n",
    "comment": "# c\n   # d",
    "second document, invalid in its first line": "--- a: b\n",
    "second document, with a tag that is invalid": "--- !<\n",
    "bracket": "]\n",
    "text": "text\n",
    "byte order mark": "\ufeff",
    "byte order mark and document": "\ufeff---\na: 1\n",
    "spaces": "   \n\t\n",
    "marker": "---\n",
    "no line break": "x",
}


def document(lines):
    members = "".join(f"        {line}\n" for line in lines)
    return f"flags:\n  f:\n    state: ENABLED\n    variants:\n      v:\n{members}    defaultVariant: v\n"


def documents():
    for scalar in dict.fromkeys(LOOKALIKES + MORE_SCALARS):
        yield f"scalar {scalar[:40]}", document([f"a: [{scalar}]" if scalar else "a: ", f"b: {scalar}"])
        yield f"key {scalar[:40]}", document([f"{scalar}: a", "b: c"])
    for tag in TAGS:
        for scalar in TAGGED:
            yield f"tag {tag} {scalar}", document([f"a: {tag} {scalar}"])
            yield f"tag {tag} {scalar} as key", document([f"{tag} {scalar}: a"])
    for name, lines in OBJECTS.items():
        yield name, document(lines)
    plain = document(["a: 1"])
    yield "keys at the top", f"1.50: a\n~: b\n2024-01-01: c\n1000000: d\nTrue: e\n0x10: f\n{plain}"
    yield "line with less indentation behind the flags", f"  {plain.replace(chr(10), chr(10) + '  ').rstrip()}\nmetadata: {{}}\n"
    yield "byte order mark in a line", plain.replace("    state", "\ufeff    state")
    yield "byte order mark in front of a key at the top", f"{plain}\ufeffmetadata: {{}}\n"
    yield from ((f"head: {name}", head + plain) for name, head in HEADS.items())
    yield from ((f"tail: {name}", plain + tail) for name, tail in TAILS.items())
