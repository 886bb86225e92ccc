"""The deliberate differences. Each entry belongs to a row of docs/compatibility.md."""

import collections
import pathlib
import re

PAGE = pathlib.Path(__file__).parents[3] / "docs/compatibility.md"

# (regular expression on a printed line, the beginning of a row of docs/compatibility.md, reason)
KNOWN = [
    # Flags and evaluation.
    (r"escaped", "Targeting can choose variants whose names contain `<`", "flagd cannot choose them"),
    (r"flags\.mixed\.", "`ResolveAll` returns the chosen variant", "flagd fails flags whose variants differ in type"),
    (r'flagd="FALLBACK" fanion="DEFAULT"', "`schema.v1` returns the reason `DEFAULT`", "an internal name of flagd"),
    (r'selector .flagSetId=. .*metadata\.flagSetId: flagd="[0-9a-f-]{36}" fanion=nothing', "With the selector `flagSetId=`", "a random id"),
    (r"flags\.twice#2|body\.order:", "Bulk responses list a key once", "flagd lists a key once per set"),
    (r"(twice|shared).*source=|source=.*twice|selector .SCRATCH.*twice", "If flag sets share a key", "flagd's winner depends on the selector"),
    (r"^edit: a flag is named in both files\.", "If flag sets share a key", "sync and events of flagd show another winner than evaluation"),
    (r"^edit: (the set of flags is empty|everything returns)\..*boolean", "Files that are deleted and restored", "flagd forgets the shadowed flag"),
    (r"^edit: the file is back", "Files that are deleted and restored", "flagd loses the file"),
    (r"^edit: (one flag is faulty|the faulty flag is gone)", "An invalid flag returns an error", "flagd refuses the whole document"),
    (r"^SIGTERM with", "At shutdown, event streams get", "flagd announces it too late or not at all, and may exit with 1"),
    (r"^start with (a port above 65535|a missing configuration file|sources that are no JSON)", "Invalid options are errors", "flagd wraps ports, ignores what it cannot read, and does not name it"),
    (r"^start with a missing file", "fanion waits for a source without flags", "flagd exits"),
    # OFREP.
    (r"ofrep.*headers\.(cache-control|etag): flagd=nothing|^ofrep any tag.*outcome|^ofrep HTTP/2", "Bulk responses have an `ETag`", "the protocol asks for it"),
    (r'eventStreams', "The change stream", "later flagds have one"),
    (r'headers\.access-control-expose-headers: flagd="[^"]*" fanion="[^"]*ETag', "CORS exposes `ETag`", "browsers' providers need it"),
    (r'headers\.allow: flagd=nothing fanion="POST"', "A 405 response names the supported method", "HTTP asks for it"),
    (r"^(TLS|plain text).* on ofrep-port", "With a certificate, OFREP uses TLS, too", "flagd speaks plain text there"),
    # Flag sync.
    (r"^selector '' in the header of (SyncFlags|FetchAllFlags), flagSetId=a", "If the selector header is empty", "flagd widens it to all flags"),
    (r'odd-state\.state: flagd="enabled" fanion="ENABLED"|own-metadata\.metadata\.gone: flagd=null', "States and metadata are written", "a provider would refuse the document"),
    (r"^edit: .*sync.*documents: flagd=1 fanion=0", "A document is sent only if it differs", "flagd sends on every commit"),
    (r"^(sync is no HTTP/1\.1|plain text on sync-port|the socket '.sync'|TLS on sync-port offering \['http/1.1'\])", "Requests that are not gRPC", "flagd closes the connection"),
    (r"^sync of nothing", "Requests that are not gRPC", "flagd never answers a call without a message"),
    (r"^sync with a long header", "`--max-request-body` and `--max-request-header` apply to flag sync", "flagd takes 4 MiB and any head"),
    # Other protocols.
    (r"^(health of|reflection)|Health/Check", "gRPC health is served on 8013, 8014 and 8015", "flagd has it on 8014 only"),
    (r'fanion=\{"status": "404", "body": "404 page not found\\n", "trailers": \{"grpc-status": "12"', "An unknown path returns `grpc-status: 12`", "some clients do not map the HTTP status"),
    (r'headers\.(grpc|content|connect-content)-encoding: flagd="gzip" fanion=nothing|^an upgrade to h2c', "Responses below 1 KiB are not compressed", "neither pays"),
    (r"^sync accepts gzip.*headers\.grpc-encoding: flagd=nothing", "Responses below 1 KiB are not compressed", "larger ones are, wherever the client takes it"),
    (r"^an oversize body( over gRPC)?, compressed|^a deep body", "Request bodies are limited after decompression", "flagd bounds what arrives, not what it becomes"),
    (r" 12030a010a", "Protobuf requests: context attributes that the flag does not read", "malformed ones are skipped with the others"),
    (r'duplicate map key', "JSON requests: of duplicate keys in a context", "flagd refuses the second"),
    # Metrics.
    (r"^metrics.*http_server_", "HTTP metrics have the actual status", "flagd says 200 always, and makes a series of every path"),
    (r"^metrics.*feature_flag_reason=(DEFAULT|FALLBACK)", "The reason label of a flag without a default variant", "an internal name of flagd"),
    (r"^metrics.*feature_flag_(flagd|key|result)", "OFREP evaluations are counted as impressions, too", "and so are those that flagd fails"),
    (r"^metrics", "`go_*`, `promhttp_*` and `rpc_server_*` metrics", "and `/metrics` has one plain form"),
    # HTTP.
    (r"(%2F|%42)", "Paths of calls and probes are compared without", "flagd decodes them"),
    (r"management-port //healthz", "Paths of calls and probes are compared without", "flagd redirects"),
    (r"^(\d+ headers|many headers, 900000).*outcome.* fanion=.*431", "An HTTP/1.1 request may have at most 1,024 header fields", "room for them is made at once"),
    (r'(grpc|gRPC).*headers\.vary: flagd="Origin" fanion=nothing', "Redundant response headers are omitted", "no browser speaks plain gRPC"),
    (r"headers\.(grpc|connect)-accept-encoding", "Redundant response headers are omitted", "both take gzip and nothing else"),
    (r'headers\.grpc-encoding: flagd="" fanion=nothing', "Redundant response headers are omitted", "an empty coding is none"),
    (r'headers\.x-content-type-options: flagd="nosniff"', "Redundant response headers are omitted", "Go adds it to errors in plain text"),
    (r"headers\.access-control-allow-methods|^preflight .*TRACE", "Redundant response headers are omitted", "flagd repeats the method that was asked for, fanion lists all, also for a method that browsers never send"),
    (r"body\.message: flagd=\"unmarshal message: ", "Texts about a malformed message", "those after `unmarshal message:`"),
    (r"(trailers\.grpc-message|error\.message): flagd=\"(unmarshal message|protocol error|corrupt response): ", "Texts about a malformed message", "messages and frames"),
    (r'message: flagd="read \d+ byte message: exceeded', "Texts about a malformed message", "flagd has two spellings of the same limit"),
    (r'message: flagd="(get decompressor|decompress|read message|read tcp)', "Texts about a malformed message", "bodies that break off"),
    (r'trailers\.grpc-message: flagd="(malformed method name|malformed grpc-timeout|grpc: )', "Texts about a malformed message", "grpc-go's on the sync port"),
    (r"^ofrep oversize body that is no JSON", "Malformed HTTP requests get a status", "flagd looks at the first byte before it looks at the length"),
    (r'(: ended: flagd="closed" fanion="end"|headers\.connection:)', "Malformed HTTP requests get a status", "Go closes connections after some errors"),
    (r'^(ofrep|a header|many headers|a path|not HTTP|a TLS|two lengths|two Host fields|a bad|a length|a header without).*: (body|headers\.content-type): flagd="(4\d\d |text/plain)', "Malformed HTTP requests get a status", "Go puts the status into the body"),
    (r'flagd=\{"status": null, "ended": "(goaway \w+|closed)"\} fanion=\{"status": "431"', "Malformed HTTP requests get a status", "flagd closes the connection without a status"),
    (r"^ofrep path: .*/%zz: headers", "Malformed HTTP requests get a status", "Go refuses them before its handlers"),
    (r"^(a path of 900000)", "Malformed HTTP requests get a status", "a path has at most 64 KiB"),
    (r"^(HTTP/3.7|an unknown transfer coding|an unknown expectation): outcome", "Malformed HTTP requests get a status", "another refusal, or none"),
]


def missing_rows():
    """The entries of KNOWN without a row in docs/compatibility.md."""
    text = PAGE.read_text()
    return [r for r in KNOWN if f"\n| {r[1]}" not in text]


def report(found, asked, arguments):
    """Prints the differences and returns the exit code."""
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
        print(f"STALE: docs/compatibility.md has no row that begins with {where!r}")
        stale.append(pattern)
    for line in unknown:
        print(f"DIFFERENT: {line}")
    print(f"{asked} questions, {sum(hits.values())} known differences in {len(hits)} rows, {len(unknown)} unknown, {len(stale)} stale rows")
    return 1 if unknown or stale else 0
