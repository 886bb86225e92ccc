"""A thousand flags and fifty contexts, generated from a fixed seed."""

import random

SEED = 20260601
FLAGS = 1000
CONTEXTS = 50
VARIANTS = ("red", "green", "blue", "grey", "gold")
RINGS = ("internal", "canary", "beta", "early", "all")
GROUPS = ("employee", "contractor", "partner", "customer")
COUNTRIES = ("DE", "FR", "US", "JP", "BR")
REGIONS = ("eu-west-1", "us-east-1", "us-west-2", "ap-south-1")
PLANS = ("free", "team", "business", "enterprise")
SEGMENTS = ("beta-tester", "early-bird", "press", "staff")
VERSIONS = ("1.0.0", "1.2.3", "2.0.0-rc.1", "2.0.0", "2.4.7", "3.1.0", "10.0.0")
# Versions that only some parsers accept: with a `v`, incomplete, with build metadata, and invalid ones.
ODD_VERSIONS = ("v1.2.3", "1", "1.2", "2.0.0+build.5", "1.2.3.4", "nightly")
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "^", "~")
# Rules that several flags share.
EVALUATORS = {
    "staff": {"in": [{"var": "group"}, ["employee", "contractor"]]},
    "mail": {"ends_with": [{"var": "email"}, "@example.com"]},
    "modern": {"sem_ver": [{"var": "version"}, ">=", "2.0.0"]},
    "inner": {"in": [{"var": "ring"}, ["internal", "canary"]]},
    "paying": {"!=": [{"var": "plan"}, "free"]},
}


def contexts():
    pick = random.Random(SEED)
    return [context(pick, number) for number in range(CONTEXTS)]


def context(pick, number):
    attributes = {
        "ring": pick.choice(RINGS),
        "group": pick.choice(GROUPS),
        "country": pick.choice(COUNTRIES),
        "plan": pick.choice(PLANS),
        "version": pick.choice(VERSIONS),
        "build": pick.choice(ODD_VERSIONS),
        "email": f"user{number}@{pick.choice(('example.com', 'example.org', 'mail.example.com'))}",
        "age": pick.choice((0, 7, 17, 18, 42, 99)),
        "score": pick.choice((0.0, 0.5, 1.25, 99.9)),
        "paying": pick.random() < 0.5,
        "session": f"s{pick.randrange(10**6)}",
        "segments": pick.sample(SEGMENTS, pick.randrange(3)),
        "address": {"country": pick.choice(COUNTRIES), "zip": str(pick.randrange(10**5))},
    }
    # Each context lacks some attributes.
    known = {name: value for name, value in attributes.items() if pick.random() < 0.85}
    if number % 7:
        known["region"] = REGIONS[number % len(REGIONS)]
    # Some contexts have no targeting key, and some targeting keys have multi-byte characters.
    if number % 10 == 9:
        return {"account": f"acc-{number}", **known}
    key = f"größe-{number}" if number % 10 == 4 else pick.choice((f"user-{number}", f"emp-{number}"))
    return {"targetingKey": key, "account": f"acc-{key}", **known}


def is_ascii(context):
    return context["account"].isascii()


def document():
    pick = random.Random(SEED + 1)
    families = list(FAMILIES)
    flags = {}
    for number in range(FLAGS):
        family = families[number % len(families)]
        flag, names = bare(pick)
        rule = FAMILIES[family](pick, names)
        flags[f"{family}.{number:03}"] = flag if rule is None else flag | {"targeting": rule}
    return {"$evaluators": EVALUATORS, "flags": flags}


def bare(pick):
    """A flag without rules, and the names of its variants."""
    names = list(VARIANTS[: pick.randint(2, len(VARIANTS))])
    return {"state": "ENABLED", "variants": {name: f"#{name}" for name in names}, "defaultVariant": pick.choice(names)}, names


def static(_pick, _names):
    return None


def ring(pick, names):
    chosen = pick.sample(RINGS, pick.randint(1, 3))
    condition = {"in": [{"var": "ring"}, chosen]}
    if pick.random() < 0.5:
        condition = {"or": [condition, {"==": [{"var": "group"}, pick.choice(GROUPS)]}]}
    return chosen_if(pick, names, condition)


def buckets(pick, names):
    weights = pick.choice(([1] * 5, [50, 30, 10, 5, 5], [0, 100, 0, 0, 1], [99_999, 1, 1, 1, 1]))
    return [[name, weight] for name, weight in zip(names, weights)]


def percentage(pick, names):
    units = (
        [],
        [{"var": "account"}],
        [{"cat": [{"var": "$flagd.flagKey"}, {"var": "account"}]}],
        [{"cat": ["experiment-", {"var": "account"}]}],
    )
    return {"fractional": [*pick.choice(units), *buckets(pick, names)]}


def percentage_without_unit(pick, names):
    """Many contexts do not have the attribute."""
    return {"fractional": [{"var": "session"}, *buckets(pick, names)]}


def percentage_in_ring(pick, names):
    """The usual rollout: all users of inner rings, and a percentage of the others."""
    split = {"fractional": [[names[0], pick.randint(1, 99)], [names[1], 100]]}
    return {"if": [{"in": [{"var": "ring"}, ["internal", "canary"]]}, names[0], split]}


def version(pick, names):
    return chosen_if(pick, names, {"sem_ver": [{"var": "version"}, pick.choice(COMPARISONS), pick.choice(VERSIONS)]})


def version_odd(pick, names):
    return chosen_if(pick, names, {"sem_ver": [{"var": "build"}, pick.choice(COMPARISONS), pick.choice(("1.2.3", "2.0.0", "1"))]})


def affix(pick, names):
    conditions = (
        {"starts_with": [{"var": "email"}, f"user{pick.randint(1, 4)}"]},
        {"ends_with": [{"var": "email"}, pick.choice((".com", "@example.org"))]},
    )
    return chosen_if(pick, names, pick.choice(conditions))


def part(pick, names):
    return chosen_if(pick, names, {"in": [pick.choice(("example", "@mail", "user1")), {"var": "email"}]})


def cut(pick, names):
    return chosen_if(pick, names, {"==": [{"substr": [{"var": "account"}, 4, 4]}, pick.choice(("user", "emp-"))]})


def cut_of_nothing(pick, names):
    """Many contexts do not have the attribute."""
    return chosen_if(pick, names, {"==": [{"substr": [{"var": "email"}, 0, 5]}, f"user{pick.randint(1, 4)}"]})


def joined(pick, names):
    what = {"cat": [{"var": "country"}, "-", {"var": "plan"}]}
    return chosen_if(pick, names, {"==": [what, f"{pick.choice(COUNTRIES)}-{pick.choice(PLANS)}"]})


def number(pick, names):
    limit = pick.choice((7, 17.5, 18, 42))
    conditions = ({">=": [{"var": "age"}, limit]}, {"<": [0, {"var": "age"}, limit]}, {"===": [{"var": "age"}, 18]})
    return chosen_if(pick, names, pick.choice(conditions))


def sums(pick, names):
    """Arithmetic with defaults for missing attributes."""
    age, score = {"var": ["age", 1]}, {"var": ["score", 0.25]}
    limit = pick.choice((7, 17.5, 18, 42))
    conditions = (
        {">": [{"+": [age, score]}, limit]},
        {"==": [{"%": [age, 2]}, 1]},
        {"<=": [{"*": [score, 2]}, {"max": [age, 1]}]},
    )
    return chosen_if(pick, names, pick.choice(conditions))


def sums_of_nothing(pick, names):
    """Many contexts do not have the attribute."""
    conditions = ({">": [{"+": [{"var": "age"}, 1]}, 18]}, {"==": [{"%": [{"var": "age"}, 2]}, 1]}, {"<=": [{"var": "score"}, {"max": [{"var": "age"}, 1]}]})
    return chosen_if(pick, names, pick.choice(conditions))


def shared(pick, names):
    first, second = pick.sample(sorted(EVALUATORS), 2)
    condition = {pick.choice(("and", "or")): [{"$ref": first}, {pick.choice(("!", "!!")): [{"$ref": second}]}]}
    return chosen_if(pick, names, condition)


def chain(pick, names):
    """Several branches, some of which contain rules."""
    branches = []
    for name in names:
        condition = pick.choice(
            (
                {"==": [{"var": "country"}, pick.choice(COUNTRIES)]},
                {"===": [{"var": "paying"}, True]},
                {"in": [{"var": "plan"}, pick.sample(PLANS, 2)]},
                {"!": [{"var": "session"}]},
            )
        )
        branches += [condition, name]
    return {"if": [*branches, pick.choice(names)]}


def lists(pick, names):
    condition = pick.choice(
        (
            {"in": [pick.choice(SEGMENTS), {"var": "segments"}]},
            {"some": [{"var": "segments"}, {"==": [{"var": ""}, pick.choice(SEGMENTS)]}]},
        )
    )
    return chosen_if(pick, names, condition)


def nested(pick, names):
    return chosen_if(pick, names, {"==": [{"var": "address.country"}, pick.choice(COUNTRIES)]})


def chosen_if(pick, names, condition):
    """A variant if the condition holds; otherwise another variant or the default."""
    one, other = pick.sample(names, 2)
    return {"if": [condition, one] + ([other] if pick.random() < 0.5 else [])}


FAMILIES = {
    "static": static,
    "ring": ring,
    "percentage": percentage,
    "percentage-in-ring": percentage_in_ring,
    "percentage-without-unit": percentage_without_unit,
    "version": version,
    "version-odd": version_odd,
    "affix": affix,
    "part": part,
    "cut": cut,
    "cut-of-nothing": cut_of_nothing,
    "joined": joined,
    "number": number,
    "sums": sums,
    "sums-of-nothing": sums_of_nothing,
    "shared": shared,
    "chain": chain,
    "lists": lists,
    "nested": nested,
}
