"""The result of an evaluation, for all subjects."""

import dataclasses


@dataclasses.dataclass
class Answer:
    value: object
    variant: str | None
    reason: str | None
    error: str | None
    metadata: dict
    message: str | None = None


def failed(default, code, message=None):
    return Answer(default, None, "ERROR", code, {}, message)


def fits(kind, value):
    """Returns true if a value is of a flag's type."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {
        "Boolean": isinstance(value, bool),
        "String": isinstance(value, str),
        "Integer": number and value == int(value),
        "Float": number,
        "Object": isinstance(value, dict),
    }[kind]
