"""Dumps of PyYAML in its styles."""

import itertools

import yaml

OPTIONS = {
    "Dumper": (yaml.SafeDumper, yaml.CSafeDumper, yaml.Dumper),
    "default_flow_style": (None, True, False),
    "default_style": (None, '"', "'", "|", ">"),
    "width": (None, 20, 10_000),
    "indent": (2, 4, 8),
    "allow_unicode": (False, True),
    "canonical": (False, True),
    "explicit_start": (False, True),
    "explicit_end": (False, True),
    "sort_keys": (False, True),
    "line_break": (None, "\r\n"),
    # yaml.v3 refuses `%YAML 1.2`, so few documents have it.
    "version": (None, (1, 1), None, (1, 1), (1, 1), (1, 2)),
    "ignore_aliases": (False, True),
}
# Every combination of these, and random ones of the others.
COMBINED = ("Dumper", "default_flow_style", "default_style", "width")


def without_aliases(dumper):
    return type(dumper.__name__, (dumper,), {"ignore_aliases": lambda self, data: True})


DUMPERS = {(dumper, True): without_aliases(dumper) for dumper in OPTIONS["Dumper"]} | {(d, False): d for d in OPTIONS["Dumper"]}


def combinations(pick, share):
    """A share of the combinations, each with random other options; canonical output, which has one form, seldom."""
    for values in itertools.product(*(OPTIONS[name] for name in COMBINED)):
        if pick.random() < share:
            options = dict(zip(COMBINED, values))
            for name in OPTIONS:
                if name not in options:
                    options[name] = pick.choice(OPTIONS[name]) if pick.random() < 0.6 else OPTIONS[name][0]
            if options["canonical"] and pick.random() < 0.7:
                options["canonical"] = False
            yield options


def shown(options):
    default = {name: values[0] for name, values in OPTIONS.items()}
    changed = {name: value for name, value in options.items() if value != default[name] and name != "Dumper"}
    return " ".join([options["Dumper"].__name__, *(f"{name}={value!r}" for name, value in changed.items())])


def dumps(name, value, pick, share):
    for options in combinations(pick, share):
        given = dict(options)
        dumper = DUMPERS[given.pop("Dumper"), given.pop("ignore_aliases")]
        try:
            text = yaml.dump(value, Dumper=dumper, **given)
        except (yaml.YAMLError, TypeError, ValueError):
            # Keys of several types cannot be sorted, for instance.
            continue
        yield {"source": f"PyYAML {shown(options)}: {name}", "yaml": text}
