"""Messages and methods, from the repository's own proto files."""

import pathlib
import struct
import tempfile

from google.protobuf import descriptor_pb2
from google.protobuf import descriptor_pool
from google.protobuf import json_format
from google.protobuf import message_factory
from grpc_tools import protoc
import grpc_tools

ROOT = pathlib.Path(__file__).parents[3]
PROTO = ROOT / "proto"


def load():
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch) / "set"
        well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
        files = [*map(str, PROTO.rglob("*.proto"))]
        paths = [f"-I{PROTO}", f"-I{well_known}"]
        status = protoc.main(["protoc", *paths, "--include_imports", f"--descriptor_set_out={out}", *files])
        assert status == 0, "protoc failed"
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file:
            pool.Add(file)
        return pool


POOL = load()


def method(path):
    """The descriptor of `/package.Service/Method`."""
    service, name = path.strip("/").rsplit("/", 1)
    return POOL.FindServiceByName(service).methods_by_name[name]


def encode(path, body):
    """The bytes of a request, given as its JSON form."""
    kind = message_factory.GetMessageClass(method(path).input_type)
    return json_format.ParseDict(body, kind()).SerializeToString(deterministic=True)


def decode(path, data):
    """The JSON form of a response, with all fields that are on the wire or have no presence."""
    kind = message_factory.GetMessageClass(method(path).output_type)
    try:
        return json_format.MessageToDict(kind.FromString(data), always_print_fields_with_no_presence=True)
    except Exception as fault:  # noqa: BLE001: a response that cannot be decoded is compared as well.
        return {"undecodable": repr(fault), "bytes": data.hex()}


def frame(data, flags=0):
    return struct.pack(">BI", flags, len(data)) + data


def frames(data):
    """The (flags, payload) pairs in a body, and the remaining bytes."""
    found = []
    while len(data) >= 5:
        flags, length = struct.unpack(">BI", data[:5])
        if len(data) < 5 + length:
            break
        found.append((flags, data[5 : 5 + length]))
        data = data[5 + length :]
    return found, data
