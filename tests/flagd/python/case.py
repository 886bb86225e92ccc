"""Cases: what is asked of both daemons, and how their answers are laid side by side."""

import concurrent.futures
import json
import re

# Characters of an answer that a line shows.
LONGEST = 400

# Name of the profile: list of (name of the case, function(pair) -> {daemon: answer}).
cases = {}


def both(pair, ask):
    """The answers of both daemons to one question, asked at once."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        told = {d.name: pool.submit(ask, d) for d in pair}
        return {name: future.result() for name, future in told.items()}


def in_turn(pair, ask):
    """The same for short questions."""
    return {d.name: ask(d) for d in pair}


def add(profile, name, ask):
    """Registers a question that is put to each daemon alone."""
    cases.setdefault(profile, []).append((name, lambda pair: in_turn(pair, ask)))


def add_pair(profile, name, run):
    """Registers a case that handles both daemons, for instance because it changes a file that both read."""
    cases.setdefault(profile, []).append((name, run))


def leaves(value, path=""):
    """The scalar parts of an answer with their places."""
    if isinstance(value, dict) and value:
        for key in value:
            yield from leaves(value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def spelled(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def parents(parts):
    """Every place above a part."""
    return {part[: cut.start()] for part in parts for cut in re.finditer(r"[.\[]", part)}


def outcome(answer):
    """How a call ended: HTTP status, gRPC status, and the code in a Connect end."""
    if "status" not in answer:
        return None
    body = answer.get("body")
    last = body[-1] if isinstance(body, list) and body and isinstance(body[-1], dict) else {}
    end = last.get("end", {})
    code = end.get("error", {}).get("code") if isinstance(end, dict) else None
    return answer["status"], answer.get("trailers", {}).get("grpc-status"), code


def differences(name, answers):
    """One line per part in which two answers differ: `CASE: PART: flagd=… fanion=…`."""
    if outcome(answers["flagd"]) != outcome(answers["fanion"]):
        # Nothing else can be the same then: one line with both wholes.
        left, right = (spelled(whole(answers[n])) for n in ("flagd", "fanion"))
        yield f"{name}: outcome: flagd={left} fanion={right}"
        return
    flagd, fanion = (dict(leaves(answers[n])) for n in ("flagd", "fanion"))
    above = parents(flagd) | parents(fanion)
    for part in [*flagd, *(p for p in fanion if p not in flagd)]:
        if part in above:
            # Empty on one side; what the other has in it is told line by line.
            continue
        left, right = (spelled(side[part]) if part in side else "nothing" for side in (flagd, fanion))
        if left != right:
            yield f"{name}: {part}: flagd={left} fanion={right}"


def whole(answer):
    """An answer without what only describes it."""
    return {k: v for k, v in answer.items() if k != "headers" and v not in ({}, [], "")}
