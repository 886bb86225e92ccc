"""Flags with rollout fields, for the contexts of the corpus."""

import random

import corpus

# The number of flags of each family.
EACH = 20
RINGS = {
    "internal": {"in": [{"var": "group"}, ["employee", "contractor"]]},
    "beta": {"segments": ["beta-tester", "early-bird"]},
}
PERCENTAGES = (0, 0.5, 5, 33.3, 50, 99, 100)
# Ramps whose share does not change before 2060, so that no user changes the step between two evaluations.
RAMPS = (
    {"from": "2020-01-01", "to": "2021-01-01"},
    {"from": "2020-01-01", "to": "2021-01-01", "shape": "doubling"},
    {"from": "2090-01-01", "to": "2091-01-01"},
    {"from": "2090-01-01", "to": "2091-01-01", "reverse": True},
    {"from": "2020-01-01", "to": "2100-01-01", "steps": 2},
    {"from": "2020-01-01", "to": "2100-01-01", "steps": 2, "reverse": True},
)


def document(others):
    """Flags of each family; some of them require flags of another document, `others`."""
    pick = random.Random(corpus.SEED + 2)
    flags = {}
    for family, fields in FAMILIES.items():
        for number in range(EACH):
            flag, names = corpus.bare(pick)
            flags[f"{family}.{number:03}"] = flag | fields(pick, names, others)
    return {"rings": RINGS, "flags": flags}


def some(pick):
    return [f"{kind}-{pick.randrange(corpus.CONTEXTS)}" for kind in ("user", "emp")]


def released(pick, names):
    return {"variant": pick.choice(names), "percentage": pick.choice(PERCENTAGES)}


def rollout(pick, names, _others):
    """All fields except segments, which are lists."""
    written = released(pick, names)
    if pick.random() < 0.7:
        written["rings"] = pick.sample(("internal", "early"), pick.randint(1, 2))
    if pick.random() < 0.3:
        written["when"] = {"==": [{"var": "country"}, pick.choice(corpus.COUNTRIES)]}
    if pick.random() < 0.3:
        written["allow"] = some(pick)
    if pick.random() < 0.3:
        written["deny"] = some(pick)
    return {"rollout": written}


def by_segments(pick, names, _others):
    written = released(pick, names)
    if pick.random() < 0.5:
        return {"rollout": written | {"rings": ["beta"]}}
    return {"rollout": written | {"segments": pick.sample(corpus.SEGMENTS, 2)}}


def several(pick, names, _others):
    first, second = pick.sample(names, 2)
    country = {"==": [{"var": "country"}, pick.choice(corpus.COUNTRIES)]}
    return {"rollout": [{"variant": first, "percentage": 50, "when": country}, {"variant": second, "percentage": pick.choice(PERCENTAGES)}]}


def split(pick, names, _others):
    weights = {name: pick.choice((1, 5, 25, 50)) for name in names}
    return {"rollout": {"split": weights, "percentage": pick.choice(PERCENTAGES)}}


def ramp(pick, names, _others):
    return {"rollout": released(pick, names) | {"percentage": pick.choice((5, 50, 100)), "ramp": pick.choice(RAMPS)}}


def regions(pick, names, _others):
    first, second, third = pick.sample(corpus.REGIONS, 3)
    stages = [{"region": first, "percentage": 100}, {"region": [second, third], "percentage": pick.choice(PERCENTAGES)}]
    return {"rollout": {"variant": pick.choice(names), "regions": stages}}


def bucketed(pick, names, _others):
    by = {"bucketBy": "account"} if pick.random() < 0.5 else {}
    return {"rollout": released(pick, names) | by | {"seed": pick.choice(("spring", "a/b"))}}


def kill(pick, names, _others):
    state = pick.choice(("ENABLED", "DISABLED"))
    return {"state": state, "kill": True, "safeVariant": pick.choice(names), "rollout": released(pick, names)}


def requires(pick, names, others):
    """Requires flags whose rules all engines evaluate alike."""
    families = ("static", "ring", "percentage", "percentage-in-ring", "affix")
    known = [key for key in others if key.rpartition(".")[0] in families]
    needed = [{"flag": key, "variant": pick.choice(sorted(others[key]["variants"]))} for key in pick.sample(known, pick.randint(1, 2))]
    return {"requires": needed, "safeVariant": pick.choice(names), "rollout": released(pick, names)}


FAMILIES = {
    "rollout": rollout,
    "rollout-by-segments": by_segments,
    "rollout-several": several,
    "rollout-split": split,
    "rollout-ramp": ramp,
    "rollout-regions": regions,
    "rollout-bucketed": bucketed,
    "rollout-kill": kill,
    "rollout-requires": requires,
}
