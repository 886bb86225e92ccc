"""Values from the text and type in the suite's tables."""

import json


def value(kind, text):
    """The value of a flag or context attribute."""
    match kind:
        case "Integer":
            return int(text)
        case "Float":
            return float(text)
        case "Boolean":
            return {"true": True, "false": False}[text]
        case "Object":
            return json.loads(text)
        case "String":
            return text
    raise LookupError(f"unknown type {kind}")


def option(kind, text):
    """The value of an option of the provider."""
    if text == "null":
        return None
    match kind:
        case "Integer" | "Long":
            return int(text)
        case "Boolean":
            return text.lower() == "true"
        case "StringList":
            return [part.strip() for part in text.split(",") if part.strip()]
        case "ResolverType" | "CacheType":
            return text.lower()
        case "String":
            return text
    raise LookupError(f"unknown type {kind}")
