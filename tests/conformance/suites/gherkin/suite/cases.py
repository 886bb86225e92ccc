"""The cases of the feature files: one per scenario and per row of an outline, identified by file and line."""

import dataclasses

from cucumber_tag_expressions import parse
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler


@dataclasses.dataclass
class Case:
    feature: str
    line: int
    scenario: str
    tags: list

    @property
    def place(self):
        return self.feature, self.line

    @property
    def name(self):
        return f"{self.feature}:{self.line} {self.scenario}"


def read(directory):
    return [case for file in sorted(directory.glob("*.feature")) for case in of_feature(file)]


def of_feature(file):
    document = Parser().parse(file.read_text())
    document["uri"] = file.name
    lines = dict(places(document["feature"]))
    for pickle in Compiler().compile(document):
        # The last node is the row of an outline or the scenario.
        line = lines[pickle["astNodeIds"][-1]]
        yield Case(file.stem, line, pickle["name"], [tag["name"] for tag in pickle["tags"]])


def places(node):
    """The lines of all nodes below a node, by id."""
    if isinstance(node, list):
        for each in node:
            yield from places(each)
    elif isinstance(node, dict):
        if "id" in node:
            yield node["id"], node["location"]["line"]
        yield from places(list(node.values()))


def selected(cases, session):
    wanted = parse(session.tags)
    return [case for case in cases if wanted.evaluate(case.tags) and case.feature not in session.without]
