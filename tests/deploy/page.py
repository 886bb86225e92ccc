"""The commands of a documentation page, with the output that it prints."""
import re


def commands(text):
    """Pairs of a command in a `console` block and its printed output."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.S | re.M):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, printed = part.partition("\n")
            yield command, printed.strip()
