"""Differences that are meant, and those that are only not there yet."""

import collections
import pathlib
import re

README = pathlib.Path(__file__).parents[3] / "README.md"

NOT_YET = "not built yet"
NO_ROW = "not in the README"


# (regular expression on a printed line, the beginning of a row of the README's table or one of the above, why)
KNOWN = [
    # Rows of the README.
    (r"escaped", "Variants named with `<`, `>`, `&`, `\\`", "flagd cannot choose them"),
    (r"flags\.mixed\.", "`ResolveAll` carries the chosen variant", "flagd fails flags whose variants differ in type"),
    (r'flagd="FALLBACK" fanion="DEFAULT"', "`schema.v1` says `DEFAULT`", "a word of flagd's inside"),
    (r'selector .flagSetId=. .*metadata\.flagSetId: flagd="[0-9a-f-]{36}" fanion=nothing', "The selector `flagSetId=`", "a random id"),
    (r"flags\.twice#2|body\.order:", "OFREP bulk answers list a key once", "flagd lists a key once per set"),
    (r"(twice|shared).*source=|source=.*twice|selector .SCRATCH.*twice", "Of equal keys in several flag sets", "flagd's winner depends on the selector"),
    (r"ofrep.*headers\.(cache-control|etag): flagd=nothing|^ofrep any tag.*outcome|^ofrep HTTP/2", "OFREP bulk answers have an `ETag`", "the protocol asks for it"),
    (r"selector '' in the header of (SyncFlags|FetchAllFlags), flagSetId=a", "On flag sync an empty selector header", "flagd widens it to all flags"),
    (r'fanion=\{"status": "404", "body": "404 page not found\\n", "trailers": \{"grpc-status": "12"', "An unknown path answers gRPC calls", "some clients do not map the HTTP status"),
    (r'headers\.(grpc|content|connect-content)-encoding: flagd="gzip" fanion=nothing|^an upgrade to h2c', "Answers under 1 KiB are not compressed", "neither pays"),
    (r"^an oversize body( over gRPC)?, compressed|^a deep body", "Bodies are bounded after decompression", "flagd bounds what arrives, not what it becomes"),
    (r" 12030a010a", "Attributes that the flag does not read", "malformed ones are skipped with the others"),
    (r"^edit: .*sync.*documents: flagd=1 fanion=0", "Flag sync sends a document only when it differs", "flagd sends on every commit"),
    (r"^edit: a flag is named in both files\.", "Of equal keys in several flag sets", "sync and events of flagd show another winner than evaluation"),
    (r"^edit: (the set of flags is empty|everything returns)\..*boolean", "Deleted and restored files, older content, and shadowed flags", "flagd forgets the shadowed flag"),
    (r"^edit: (one flag is faulty|the faulty flag is gone)", "A faulty flag is contained", "flagd refuses the whole document"),
    (r"^edit: the file is back", "Deleted and restored files, older content, and shadowed flags", "flagd loses the file"),
    (r"^SIGTERM with", "Shutdown is announced on event streams", "flagd announces it too late or not at all, and may exit with 1"),
    (r"^start with a port above 65535|^start with a missing configuration file: exit", "Bad options are errors", "flagd wraps ports and ignores what it cannot read"),
    (r"^start with a missing file", "A source that is missing at the start", "flagd exits"),
    # Not there yet.
    (r"^metrics|^(health|reflection).*management-port", NOT_YET, "metrics and health"),
    (r"^profile (cors|tls|sockets): : flagd=starts fanion=does not start", NOT_YET, "--cors-origin, TLS, Unix sockets"),
    (r"^start with (an unknown provider|sources|a source|a missing configuration)", NOT_YET, "--sources and --config"),
    # Without a row: nothing that a client can tell or would miss.
    (r'(grpc|gRPC).*headers\.vary: flagd="Origin" fanion=nothing', NO_ROW, "no browser speaks plain gRPC"),
    (r"headers\.(grpc|connect)-accept-encoding", NO_ROW, "both take gzip and nothing else"),
    (r'headers\.grpc-encoding: flagd="" fanion=nothing', NO_ROW, "an empty coding is none"),
    (r'headers\.x-content-type-options: flagd="nosniff"', NO_ROW, "Go adds it to errors in plain text"),
    (r"headers\.access-control-allow-methods|^preflight .*TRACE", NO_ROW, "flagd repeats the method that was asked for, fanion lists all, also for a method that browsers never send"),
    (r"body\.message: flagd=\"unmarshal message: ", NO_ROW, "the words after `unmarshal message:` for malformed JSON and protobuf"),
    (r"trailers\.grpc-message: flagd=\"(unmarshal message|protocol error): ", NO_ROW, "the words for malformed messages and frames"),
    (r"message: flagd=\"read \d+ byte message: exceeded", NO_ROW, "flagd has two spellings of the same limit"),
    (r'message: flagd="(get decompressor|decompress|read message|read tcp)', NO_ROW, "the words for bodies that break off"),
    (r'trailers\.grpc-message: flagd="(unknown service|unknown method|malformed method name|grpc: )', NO_ROW, "grpc-go's words on the sync port"),
    (r'(: ended: flagd="closed" fanion="end"|headers\.connection:)', NO_ROW, "Go closes connections after some errors"),
    (r'^(ofrep|a header|many headers|a path|not HTTP|a TLS|two lengths|a bad|a length|a header without).*: (body|headers\.content-type): flagd="(4\d\d |text/plain)', NO_ROW, "Go puts the status into the body"),
    (r'flagd=\{"status": null, "ended": "(goaway \w+|closed)"\} fanion=\{"status": "431"', NO_ROW, "flagd closes the connection without a status"),
    (r"^(a path of 900000|many headers, 900000)", NO_ROW, "fewer and shorter are taken"),
    (r"^(HTTP/3.7|an unknown transfer coding|an unknown expectation): outcome", NO_ROW, "another refusal, or none"),
    (r"(%2F|%42)", NO_ROW, "flagd decodes the path of an RPC"),
    (r'headers\.grpc-encoding: flagd=nothing fanion="gzip"', NO_ROW, "flagd never compresses on the sync port, and reads no weights"),
    (r"^ofrep oversize body that is no JSON", NO_ROW, "flagd looks at the first byte before it looks at the length"),
]


def missing_rows():
    """Rows of the table above that name no row of the README."""
    text = README.read_text()
    return [r for r in KNOWN if r[1] not in (NOT_YET, NO_ROW) and f"| {r[1]}" not in text]


def report(found, asked, arguments):
    """Prints what was found; the exit code."""
    hits = collections.Counter()
    examples = {}
    unknown = []
    for line in found:
        row = next((i for i, (pattern, _, _) in enumerate(KNOWN) if re.search(pattern, line)), None)
        if row is None:
            unknown.append(line)
            continue
        hits[row] += 1
        examples.setdefault(row, line)
        if arguments.all:
            print(f"known: {line}")
    for row, (_, where, why) in enumerate(KNOWN):
        if hits[row]:
            print(f"known, {hits[row]} lines [{where}]: {why}\n    {examples[row]}")
    stale = [] if arguments.only else [r for i, r in enumerate(KNOWN) if not hits[i]]
    for pattern, where, why in stale:
        print(f"STALE [{where}]: {why}: nothing matches {pattern}")
    for pattern, where, _ in missing_rows():
        print(f"STALE: the README has no row that begins with {where!r}")
        stale.append(pattern)
    for line in unknown:
        print(f"DIFFERENT: {line}")
    print(f"{asked} questions, {sum(hits.values())} known differences in {len(hits)} rows, {len(unknown)} unknown, {len(stale)} stale rows")
    return 1 if unknown or stale else 0
