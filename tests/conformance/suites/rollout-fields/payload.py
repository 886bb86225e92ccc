"""Prints the document that a daemon's flag sync sends: payload.py PORT. Runs with the packages of the Python driver."""

import sys

import grpc
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2_grpc

# Seconds.
PATIENCE = 20

with grpc.insecure_channel(f"localhost:{sys.argv[1]}") as channel:
    stub = sync_pb2_grpc.FlagSyncServiceStub(channel)
    answer = stub.FetchAllFlags(sync_pb2.FetchAllFlagsRequest(provider_id="conformance"), timeout=PATIENCE)
print(answer.flag_configuration)
