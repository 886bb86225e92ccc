"""Documents of the public YAML test suite as values of an object variant."""

HEAD = "flags:\n  f:\n    state: ENABLED\n    variants:\n      v:"
TAIL = "    defaultVariant: v\n"
INDENT = " " * 8


def split(text):
    """The directives of the first document, its text, and the rest of the stream."""
    lines = text.splitlines(keepends=True)
    directives = []
    while lines and any(line.startswith("---") for line in lines) and lines[0].startswith(("%", "#")):
        directives.append(lines.pop(0))
    first = ""
    if lines and lines[0].rstrip() == "---":
        lines.pop(0)
    elif lines and lines[0].startswith(("--- ", "---\t")):
        first = lines.pop(0)[3:].lstrip()
    end = next((at for at, line in enumerate(lines) if line.startswith(("---", "..."))), len(lines))
    return "".join(directives), first, lines[:end], "".join(lines[end:])


def documents(cases):
    for source, text in cases:
        directives, first, lines, rest = split(text)
        marker = "---\n" if directives else ""
        body = "".join(INDENT + line if line.strip() else line for line in lines)
        if body and not body.endswith("\n"):
            body += "\n"
        start = f" {first}" if first else "\n"
        yield source, f"{directives}{marker}{HEAD}{start}{body}{TAIL}{rest}"
        yield f"{source} in a list", f"{HEAD}\n{INDENT}l:\n{INDENT}- {(first or chr(10))}{body}{TAIL}"
        if not directives and not first:
            # The document itself: it can be a flag file if it is a mapping.
            yield f"{source} itself", text
