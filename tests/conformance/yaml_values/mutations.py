"""Documents with a few characters deleted, inserted or replaced. Many of them are no YAML."""

COUNT = 2000
LONGEST = 260
TOKENS = (
    "\n", "\n\n", " ", "  ", "\t", ": ", ":", "- ", "-", "? ", "?", ", ", ",", "[", "]", "{", "}", '"', "'", "#", " #", "&a ", "*a ", "&a", "*a",
    "!", "!!str ", "!t ", "!!", "!<x>", "|\n", ">\n", "|-\n", ">2\n", "|+\n", "%", "@", "`", "\\", "\\x41", "\\n", "\\ ", "\\u0041", "\\\n",
    "---\n", "...\n", "---", "--- ", "<<: ", "~", "1", "0x1", "é", "\ufeff", "\x85", "\u2028", "\r", "\r\n", "\x00", "\x7f", "😀", "=", "a",
    "\n    ", "\n\t", "\xa0", '""', "''",
)  # fmt: skip


def indented(text, pick):
    """The text with one line moved by a column or two."""
    lines = text.split("\n")
    at, count = pick.randrange(len(lines)), pick.choice((1, 2))
    lines[at] = " " * count + lines[at] if pick.random() < 0.5 else lines[at][count:]
    return "\n".join(lines)


def mutated(text, pick):
    at, kind = pick.randrange(len(text) + 1), pick.random()
    if kind < 0.35:
        return text[:at] + text[at + pick.choice((1, 1, 2, 4)) :]
    if kind < 0.75:
        return text[:at] + pick.choice(TOKENS) + text[at:]
    if kind < 0.85:
        return text[:at] + pick.choice(TOKENS) + text[at + 1 :]
    return indented(text, pick)


def documents(originals, pick):
    short = [(name, text) for name, text in originals if len(text) <= LONGEST and "%YAML" not in text]
    for _ in range(COUNT):
        name, text = pick.choice(short)
        for _ in range(pick.choice((1, 1, 1, 2, 3))):
            text = mutated(text, pick)
        yield {"source": f"mutation of {name}", "yaml": text}
