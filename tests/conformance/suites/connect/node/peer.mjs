// The official Connect client for Node, controlled over standard input; see drivers/README.md for the protocol.

import { createInterface } from 'node:readline';
import { fromJson, toJson } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { compressionGzip, createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { Service as Evaluation1 } from './gen/flagd/evaluation/v1/evaluation_pb.js';
import { Service as Evaluation2 } from './gen/flagd/evaluation/v2/evaluation_pb.js';
import { FlagSyncService } from './gen/flagd/sync/v1/sync_pb.js';
import { Service as Schema1 } from './gen/schema/v1/schema_pb.js';

const SERVICES = Object.fromEntries([Evaluation1, Evaluation2, FlagSyncService, Schema1].map((each) => [each.typeName, each]));
const TRANSPORTS = { connect: createConnectTransport, grpc: createGrpcTransport, 'grpc-web': createGrpcWebTransport };
const streams = new Map();

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

// A method of a client, its descriptor, and the headers of its response.
function prepared({ address, protocol, json, http, gzip, service, method, timeout, headers }) {
  const compression = gzip ? { sendCompression: compressionGzip, compressMinBytes: 0, acceptCompression: [compressionGzip] } : { acceptCompression: [] };
  const transport = TRANSPORTS[protocol]({ baseUrl: address, httpVersion: http, useBinaryFormat: !json, ...compression });
  const description = SERVICES[service].methods.find(({ name }) => name === method);
  const client = createClient(SERVICES[service], transport);
  const answered = {};
  const keep = (metadata) => metadata.forEach((value, name) => (answered[name] = value));
  const call = (message, signal) =>
    client[description.localName](fromJson(description.input, message), { signal, timeoutMs: timeout, headers, onHeader: keep, onTrailer: keep });
  return { call, description, answered };
}

function failure(why) {
  const error = ConnectError.from(why);
  return { code: Code[error.code].replace(/(?<=.)[A-Z]/g, '_$&').toLowerCase(), text: error.rawMessage };
}

async function follow(stream, { call, description, answered }, message, signal) {
  try {
    for await (const each of call(message, signal)) say({ event: 'message', stream, message: toJson(description.output, each) });
    say({ event: 'end', stream, headers: answered });
  } catch (why) {
    say({ event: 'end', stream, headers: answered, ...failure(why) });
  }
}

const verbs = {
  async unary(request) {
    const { call, description, answered } = prepared(request);
    try {
      return { message: toJson(description.output, await call(request.message)), headers: answered };
    } catch (why) {
      return { ...failure(why), headers: answered };
    }
  },
  follow(request) {
    const cancel = new AbortController();
    streams.set(request.stream, cancel);
    follow(request.stream, prepared(request), request.message, cancel.signal);
  },
  cancel: ({ stream }) => streams.get(stream).abort(),
};

say({ language: 'node', events: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, verb, ...rest } = JSON.parse(line);
  try {
    say({ id, result: (await verbs[verb](rest)) ?? null });
  } catch (why) {
    say({ id, error: String(why) });
  }
}
process.exit();
