"""Selectors on all ports, in headers and messages."""

import functools

import rpc
from case import add

PLAIN = ["", "flagSetId=first", "flagSetId=own", "flagSetId=a", "flagSetId=z", "flagSetId=", "flagSetId=none",
         "source=none", "source=", "none", "foo=bar", "=", "=x", " flagSetId=first", "flagSetId=first,source=x",
         "flagsetid=first", "FLAGSETID=first", "flagSetId=a=b"]  # fmt: skip
FILES = ["first.yaml", "second.json"]


def texts(daemon):
    """All selectors. Those that name a source contain the directory of the flags."""
    return PLAIN + [f"{start}{daemon.scratch}/{file}" for start in ("source=", "") for file in FILES]


def name(index):
    start = ["source=", "source=", "", ""]
    return PLAIN[index] if index < len(PLAIN) else f"{start[index - len(PLAIN)]}SCRATCH/{FILES[index % 2]}"


def unary(daemon, index, protocol, path, body):
    header = (("flagd-selector", texts(daemon)[index]),)
    return rpc.call(daemon.port("port"), protocol, path, body, header)


def stream(daemon, index, protocol, path):
    header = (("flagd-selector", texts(daemon)[index]),)
    return rpc.first(daemon.port("port"), protocol, path, {}, header)


def ofrep(daemon, index, path):
    header = (("Flagd-Selector", texts(daemon)[index]),)
    return rpc.http(rpc.http1, daemon.port("ofrep-port"), "POST", path, header)


def sync(daemon, method, header, body):
    """A sync call. `header` and `body` are indices of selectors, or None."""
    path = f"/flagd.sync.v1.FlagSyncService/{method}"
    headers = () if header is None else (("flagd-selector", texts(daemon)[header]),)
    request = {} if body is None else {"selector": texts(daemon)[body]}
    if method == "SyncFlags":
        answer = rpc.first(daemon.port("sync-port"), "grpc", path, request, headers)
    else:
        answer = rpc.call(daemon.port("sync-port"), "grpc", path, request, headers)
    return rpc.documents(answer)


for index in range(len(PLAIN) + 4):
    label = f"selector {name(index)!r}"
    for service in rpc.EVALUATION:
        for protocol in ("grpc", "grpc-web", "connect+json"):
            for key in ("boolean", "bare", "shared", "twice", "own-set"):
                kind = "String" if key in ("shared", "twice") else "Boolean"
                path = f"/{service}/Resolve{kind}"
                ask = functools.partial(unary, index=index, protocol=protocol, path=path, body={"flagKey": key})
                add("main", f"{label} {protocol} {path} {key!r}", ask)
            path = f"/{service}/EventStream"
            add("main", f"{label} {protocol} {path}", functools.partial(stream, index=index, protocol=protocol, path=path))
            if "v2" not in service:
                path = f"/{service}/ResolveAll"
                ask = functools.partial(unary, index=index, protocol=protocol, path=path, body={})
                add("main", f"{label} {protocol} {path}", ask)
    for path in ("", "/boolean", "/bare", "/shared", "/twice", "/own-set", "/missing"):
        path = f"/ofrep/v1/evaluate/flags{path}"
        add("main", f"{label} ofrep {path}", functools.partial(ofrep, index=index, path=path))
    for method in ("SyncFlags", "FetchAllFlags"):
        for place in ("header", "body"):
            at = {"header": None, "body": None, place: index}
            add("main", f"{label} in the {place} of {method}", functools.partial(sync, method=method, **at))
        add("main", f"{label} in the header of {method}, flagSetId=a in its body",
            functools.partial(sync, method=method, header=index, body=3))  # fmt: skip
    add("main", f"{label} in the header of GetMetadata", functools.partial(sync, method="GetMetadata", header=index, body=None))
for method in ("SyncFlags", "FetchAllFlags", "GetMetadata"):
    add("main", f"sync {method}", functools.partial(sync, method=method, header=None, body=None))
