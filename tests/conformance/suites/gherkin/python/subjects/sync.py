"""A client of flag sync over gRPC, which evaluates the received flags with `flagctl`."""

import json
import os
import pathlib
import urllib.parse

import grpc
from google.protobuf.json_format import MessageToDict
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2_grpc

import flagctl
import launcher
from reconnecting import Reconnecting

# Short backoffs, because the suite tests the daemon and not gRPC's reconnection.
OPTIONS = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.min_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 100)]


class Sync:
    def __init__(self, kind, options, events):
        launcher.start(kind)
        self.file = launcher.DIRECTORY / f"synced-{os.getpid()}.json"
        self.selector = options.get("selector", "")
        self.flags = {}
        self.context = {}
        self.channel = channel(kind, options)
        self.following = Reconnecting(self._follow, events)
        self.following.start()

    def on(self, event):
        self.following.on(event)

    def evaluate(self, kind, key, default, context):
        return flagctl.evaluate(self.file, kind, key, default, {**self.context, **context})

    def close(self):
        self.following.close()
        self.channel.close()

    def _follow(self, opened):
        stub = sync_pb2_grpc.FlagSyncServiceStub(self.channel)
        request = sync_pb2.SyncFlagsRequest(provider_id="conformance", selector=self.selector)
        metadata = [("flagd-selector", self.selector)] if self.selector else []
        first = True
        try:
            for response in stub.SyncFlags(request, metadata=metadata):
                self._take(response)
                if first:
                    opened()
                first = False
        # A call on a closed channel raises ValueError.
        except (grpc.RpcError, ValueError) as error:
            raise ConnectionError(error) from error

    def _take(self, response):
        staged = pathlib.Path(f"{self.file}.staged")
        staged.write_text(response.flag_configuration)
        staged.rename(self.file)
        self.context = MessageToDict(response.sync_context)
        before, self.flags = self.flags, json.loads(response.flag_configuration)["flags"]
        changed = [key for key in before | self.flags if before.get(key) != self.flags.get(key)]
        if before and changed:
            self.following.tell("change", changed)


def channel(kind, options):
    if kind == "socket":
        # The authority that Go's and Node's gRPC send. Python's default is the path, which is not a valid authority.
        named = [*OPTIONS, ("grpc.default_authority", "localhost")]
        return grpc.insecure_channel(f"unix:{launcher.DIRECTORY / 'sync.sock'}", named)
    if kind == "ssl":
        authority = (launcher.DIRECTORY / "ssl/custom-root-cert.crt").read_bytes()
        return grpc.secure_channel("localhost:8015", grpc.ssl_channel_credentials(authority), OPTIONS)
    if uri := options.get("targetUri"):
        # envoy://HOST:PORT/AUTHORITY
        authority = urllib.parse.urlsplit(uri).path.strip("/")
        return grpc.insecure_channel(f"localhost:{launcher.ENVOY}", [*OPTIONS, ("grpc.default_authority", authority)])
    return grpc.insecure_channel("localhost:8015", OPTIONS)
