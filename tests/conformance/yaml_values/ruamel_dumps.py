"""Dumps of ruamel.yaml in its styles, and documents that it has loaded, changed and dumped again."""

import io
import warnings

import ruamel.yaml
from ruamel.yaml import scalarstring
from ruamel.yaml.comments import CommentedMap, CommentedSeq

warnings.simplefilter("ignore")

OPTIONS = {
    "typ": ("rt", "safe", "unsafe", "safe pure"),
    "default_flow_style": (None, True, False),
    "default_style": (None, '"', "'", "|", ">"),
    "width": (None, 20, 10_000),
    "indent": ((2, 2, 0), (4, 4, 2), (2, 4, 2), (8, 6, 3), (4, 2, 0)),
    "allow_unicode": (True, False),
    # yaml.v3 refuses `%YAML 1.2`, so few documents have it.
    "version": (None, (1, 1), None, (1, 1), (1, 1), (1, 2)),
    "explicit_start": (None, True),
    "explicit_end": (None, True),
    "canonical": (None, True),
    "top_level_colon_align": (None, True, 30),
    "prefix_colon": (None, " "),
    "preserve_quotes": (None, True),
    "scalars": (None, "literal", "folded", "single", "double", "comments", "anchors"),
    "line_break": (None, "\r\n"),
}

SCALARS = {
    "literal": scalarstring.LiteralScalarString,
    "folded": scalarstring.FoldedScalarString,
    "single": scalarstring.SingleQuotedScalarString,
    "double": scalarstring.DoubleQuotedScalarString,
}

ROUND_TRIPS = (
    """\
# A comment at the top
flags: # the flags
  # before f

  f: # f
    state: "ENABLED"
    variants: # quoted in every way
      'a': &base { x: 1, "y": 'it''s', z: "\\u00e9\\t\\\\" }   # flow
      b:
        <<: *base
        z: |+
          literal

           more

        w: >-
          folded
          text

          and more
      c: {<<: [*base, {q: 1}], list: [*base, 0x1F, 0o17, 017, 1_000, 1.5e3, +12, 0b1_1]}
      # between
      d:
      - - 1
        - 2.50
      -   k: ~
          l: !!str 12
      - ? complex key
        : value
      - 2024-01-01
      - 2024-01-01T10:00:00.5+02:00
      - yes
      - on
      - 012
      - 1:30
    defaultVariant: a # end
# At the end
""",
    """\
%YAML 1.1
---
flags:
  f:
    state: ENABLED
    variants: {a: &x [yes, No, on, 010, 0x1f, 1_0, 1:30, ~, .5, 685_230.15], b: *x, c: {y: 1, n: 2, on: 3}}
    defaultVariant: a
...
""",
    """\
"flags":
    "f": {"state": "ENABLED", "variants": {"a": {"k": "plain", "l": 'single', m: bare}, "b":
      {long: "a double quoted text that goes on
        and on

        and on", plain: a plain text
         that goes on
         and on}}, "defaultVariant": "a"}
""",
)


def styled(value, make):
    if isinstance(value, str):
        return make(value) if value else value
    if isinstance(value, list):
        return [styled(item, make) for item in value]
    return {key: styled(member, make) for key, member in value.items()} if isinstance(value, dict) else value


def commented(value, pick, anchors):
    """The value with comments at random places, or with anchors."""
    if isinstance(value, dict):
        out = CommentedMap((key, commented(member, pick, anchors)) for key, member in value.items())
    elif isinstance(value, list):
        out = CommentedSeq(commented(item, pick, anchors) for item in value)
    else:
        return value
    if anchors:
        out.yaml_set_anchor(f"id{pick.randrange(10**6)}", always_dump=True)
        return out
    for key in out if isinstance(value, dict) else range(len(value)):
        if pick.random() < 0.4:
            out.yaml_add_eol_comment(pick.choice(("eol", "a: b", "'", "- x")), key, column=pick.choice((0, 40)))
        elif pick.random() < 0.3:
            out.yaml_set_comment_before_after_key(key, before="before\nb: 2", indent=pick.choice((0, 2, 8)))
    return out


def writer(options):
    typ, *pure = options["typ"].split()
    yaml = ruamel.yaml.YAML(typ=typ, pure=bool(pure) or None)
    mapping, sequence, offset = options["indent"]
    yaml.indent(mapping=mapping, sequence=sequence, offset=offset)
    for name in ("default_flow_style", "allow_unicode", "version", "explicit_start", "explicit_end", "canonical", "line_break"):
        setattr(yaml, name, options[name])
    for name in ("default_style", "width", "top_level_colon_align", "prefix_colon", "preserve_quotes"):
        if options[name] is not None:
            setattr(yaml, name, options[name])
    return yaml


def write(options, value, pick):
    scalars = options["scalars"]
    if scalars in SCALARS:
        value = styled(value, SCALARS[scalars])
    elif scalars:
        value = commented(value, pick, anchors=scalars == "anchors")
    out = io.StringIO()
    writer(options).dump(value, out)
    return out.getvalue()


def shown(options):
    changed = {name: value for name, value in options.items() if value != OPTIONS[name][0] and name != "typ"}
    return " ".join([f"typ={options['typ']}", *(f"{name}={value!r}" for name, value in changed.items())])


def random_options(pick):
    options = {name: pick.choice(values) if pick.random() < 0.4 else values[0] for name, values in OPTIONS.items()}
    if options["typ"] != "rt":
        # Only the round-trip writer knows these.
        options |= {"scalars": None, "top_level_colon_align": None, "prefix_colon": None, "preserve_quotes": None}
    return options


def dumps(name, value, pick, count):
    for _ in range(count):
        options = random_options(pick)
        try:
            text = write(options, value, pick)
        except Exception:
            # Some values have no form in some styles; ruamel.yaml raises many kinds of errors for them.
            continue
        yield {"source": f"ruamel.yaml {shown(options)}: {name}", "yaml": text}


def round_trips(pick, count):
    for number, text in enumerate(ROUND_TRIPS):
        yield {"source": f"ruamel.yaml input {number}", "yaml": text}
        for _ in range(count):
            options = random_options(pick) | {"scalars": None}
            try:
                value = writer(options | {"version": pick.choice((None, (1, 1), (1, 2)))}).load(text)
                text_again = write(options, value, pick)
            except Exception:
                continue
            yield {"source": f"ruamel.yaml {shown(options)}: input {number} again", "yaml": text_again}
