"""The flags of the soak: 1,000 flags of every type in two YAML files, an edit for each generation, and an independent
evaluation of their rules.

A flag carries the generation of its last edit in its values and its metadata. So a client that knows the generations
which may be in force knows the answer.
"""
import json

import mmh3

COUNT = 1000
FILES = 2
# Coprime to COUNT, so that all flags are edited in turn, and odd, so that the files are edited alternately.
STEP = 7
INVERSE = pow(STEP, -1, COUNT)
TYPES = ("boolean", "string", "integer", "float", "object")
HEAD = """# yaml-language-server: $schema=https://flagd.dev/schema/v0/flags.json
metadata: { flagSetId: soak }
$evaluators:
  staff: { ends_with: [{ var: email }, "@example.com"] }
  tester: { or: [{ $ref: staff }, { in: [beta-tester, { var: [segments, []] }] }] }
rings:
  internal: { in: [{ var: group }, [employee, contractor]] }
flags:
"""


def key(flag):
    return f"soak.team-{flag % 50}.feature-{flag}"


def edited(generation):
    """The flag that an edit changes."""
    return generation * STEP % COUNT


def revision(flag, generation):
    """The generation of the last edit of a flag; 0 if there was none."""
    return max(0, generation - (generation - flag * INVERSE) % COUNT)


def kind(flag):
    return TYPES[flag // len(RULES) % len(TYPES)]


def value(flag, variant, edit):
    """The value of a variant after an edit."""
    match kind(flag):
        case "boolean":
            return (edit + "abc".index(variant)) % 2 == 0
        case "string":
            return f"{variant} of edit {edit}, für {key(flag)}"
        case "integer":
            return edit * 10 + "abc".index(variant)
        case "float":
            return edit + "abc".index(variant) / 4 + 0.125
        case "object":
            return {"edit": edit, "variant": variant, "nested": {"list": [1, 2.5, "x"], "deep": True}}


def text(flag, edit):
    """A flag in YAML."""
    variants = {variant: value(flag, variant, edit) for variant in "abc"}
    fields = {"state": "ENABLED", "variants": variants, "defaultVariant": "a", "metadata": {"revision": edit, "owner": f"team-{flag % 50}"}}
    fields |= RULES[flag % len(RULES)][0](flag)
    return f"  {key(flag)}:\n" + "".join(f"    {name}: {json.dumps(field, ensure_ascii=False)}\n" for name, field in fields.items())


class Documents:
    """The texts of the two files."""

    def __init__(self):
        self.flags = [text(flag, 0) for flag in range(COUNT)]

    def edit(self, generation):
        """Edits a flag, and returns the number of its file."""
        flag = edited(generation)
        self.flags[flag] = text(flag, generation)
        return flag % FILES

    def file(self, number):
        return HEAD + "".join(self.flags[number::FILES])


def expected(flag, context):
    """The variant that a context gets."""
    return RULES[flag % len(RULES)][1](flag, context) or "a"


def bucket(hashed, *shares):
    """The share of a hashed value: pairs of a name and a weight."""
    position = mmh3.hash(hashed, signed=False) * sum(weight for _, weight in shares) >> 32
    for name, weight in shares:
        position -= weight
        if position < 0:
            return name


def version(context):
    return tuple(map(int, context.get("version", "0.0.0").split(".")))


def targeted(rule):
    return lambda flag: {"targeting": rule(flag) if callable(rule) else rule}


def staff(context):
    return context.get("email", "").endswith("@example.com")


def var(*path):
    return {"var": list(path) if len(path) > 1 else path[0]}


def fractional_default(flag, context):
    return bucket(key(flag) + context["targetingKey"], ("a", 50), ("b", 30), ("c", 20))


def rings(flag, context):
    if context.get("ring") in ("internal", "beta"):
        return "b"
    return bucket(key(flag) + context["targetingKey"], ("b", 5), ("c", 95))


def by_tenant(flag, context):
    return bucket(f"x{context['tenant']}", ("c", 1), ("b", 2)) if "tenant" in context else None


def rollout(flag, context):
    if context["targetingKey"] == "user-7":
        return None
    member = context.get("group") in ("employee", "contractor") or context.get("ring") == "internal" or context["targetingKey"] == "user-3"
    return "b" if member or bucket(key(flag) + context["targetingKey"], ("b", 12_500), ("out", 87_500)) == "b" else None


def prerequisite(flag, context):
    """The flag `RING` has the rule that is second in the list."""
    return "c" if context.get("ring") in ("internal", "beta") else None


RING = 1
PATH = "address.country"
# For each kind of rule: the fields of a flag, and the variant that they select.
RULES = [
    (lambda flag: {}, lambda flag, c: None),
    (targeted({"if": [{"in": [var("ring"), ["internal", "beta"]]}, "b"]}), lambda flag, c: "b" if c.get("ring") in ("internal", "beta") else None),
    (targeted({"fractional": [["a", 50], ["b", 30], ["c", 20]]}), fractional_default),
    (targeted({"if": [{"in": [var("ring"), ["internal", "beta"]]}, "b",
                      {"fractional": [{"cat": [var("$flagd.flagKey"), var("targetingKey")]}, ["b", 5], ["c", 95]]}]}), rings),
    (targeted({"if": [var("tenant"), {"fractional": [{"cat": ["x", var("tenant")]}, ["c", 1], ["b", 2]]}]}), by_tenant),
    (targeted({"if": [{"and": [{"==": [var(PATH), "DE"]}, {">=": [var("age"), 18]}, {"sem_ver": [var("version"), ">=", "2.1.0"]}]}, "b", "c"]}),
     lambda flag, c: "b" if c.get("address", {}).get("country") == "DE" and c.get("age", 0) >= 18 and version(c) >= (2, 1, 0) else "c"),
    (targeted({"if": [{"$ref": "staff"}, "b"]}), lambda flag, c: "b" if staff(c) else None),
    (targeted({"if": [{"$ref": "tester"}, "c", "b"]}), lambda flag, c: "c" if staff(c) or "beta-tester" in c.get("segments", []) else "b"),
    (targeted({"if": [{"starts_with": [var("email"), "user-1"]}, "b", {"starts_with": [var("email"), "user-2"]}, "c"]}),
     lambda flag, c: "b" if c.get("email", "").startswith("user-1") else "c" if c.get("email", "").startswith("user-2") else None),
    (targeted({"if": [{"===": [var(PATH, "XX"), "XX"]}, "c", {"!==": [var("paying"), True]}, "b"]}),
     lambda flag, c: "c" if "address" not in c else "b" if c.get("paying") is not True else None),
    (targeted({"if": [{"some": [var("segments", []), {"in": [var(""), ["beta-tester", "premium"]]}]}, "b"]}),
     lambda flag, c: "b" if {"beta-tester", "premium"} & set(c.get("segments", [])) else None),
    (targeted({"if": [{"all": [var("scores", []), {">": [var(""), 10]}]}, "b", {"none": [var("scores", []), {">": [var(""), 90]}]}, "c"]}),
     lambda flag, c: "b" if c.get("scores") and min(c["scores"]) > 10 else "c" if all(score <= 90 for score in c.get("scores", [])) else None),
    (targeted({"if": [{">": [{"reduce": [{"map": [{"filter": [var("scores", []), {">=": [var(""), 5]}]}, {"*": [var(""), 2]}]},
                                         {"+": [var("current"), var("accumulator")]}, 0]}, 200]}, "c"]}),
     lambda flag, c: "c" if sum(2 * score for score in c.get("scores", []) if score >= 5) > 200 else None),
    (targeted({"if": [{"missing": ["email", "age"]}, "c", {"missing_some": [1, ["tenant", "group"]]}, "b"]}),
     lambda flag, c: "c" if "email" not in c or "age" not in c else "b" if "tenant" not in c and "group" not in c else None),
    (targeted({"if": [{"==": [{"%": [{"+": [var("age", 0), 1]}, 3]}, 0]}, "b", {"<": [10, var("age", 0), 30]}, "c"]}),
     lambda flag, c: "b" if (c.get("age", 0) + 1) % 3 == 0 else "c" if 10 < c.get("age", 0) < 30 else None),
    (targeted({"if": [{"==": [{"cat": [{"substr": [var("targetingKey"), 0, 5]}, "1"]}, "user-1"]}, "b"]}), lambda flag, c: "b"),
    (targeted({"if": [{">": [{"max": [var("age", 0), 20]}, {"min": [40, 50]}]}, "c"]}), lambda flag, c: "c" if c.get("age", 0) > 40 else None),
    (targeted({"if": [{">": [var("$flagd.timestamp"), 1_700_000_000]}, "b"]}), lambda flag, c: "b"),
    (targeted({"if": [{"sem_ver": [var("version", "0.0.0"), "~", "2.4.0"]}, "b", {"sem_ver": [var("version", "0.0.0"), "^", "1.0.0"]}, "c"]}),
     lambda flag, c: "b" if version(c)[:2] == (2, 4) else "c" if version(c)[0] == 1 else None),
    (targeted({"if": [{"!": [{"in": ["x", {"merge": [var("segments", []), ["x"]]}]}]}, "c", {"!!": [var("paying", False)]}, "b"]}),
     lambda flag, c: "b" if c.get("paying") else None),
    (lambda flag: {"rollout": {"variant": "b", "rings": ["internal"], "percentage": 12.5, "allow": ["user-3"], "deny": ["user-7"]}}, rollout),
    (lambda flag: {"requires": [{"flag": key(RING), "variant": "b"}], "rollout": {"variant": "c", "percentage": 100}}, prerequisite),
    (lambda flag: {"safeVariant": "c", "kill": flag % 2 == 0, "rollout": {"variant": "b", "percentage": 100}}, lambda flag, c: "c" if flag % 2 == 0 else "b"),
    (lambda flag: {"targeting": {"if": [{"in": [var("tenant"), [f"tenant-{(flag * n) % 40}" for n in range(1, 11)]]}, "b"]}},
     lambda flag, c: "b" if c.get("tenant") in {f"tenant-{(flag * n) % 40}" for n in range(1, 11)} else None),
]
