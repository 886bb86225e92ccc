// The evaluation service over gRPC-Web: the two methods that the checks use, with hand-written messages.

import { MethodKind, proto3, ScalarType, Struct } from '@bufbuild/protobuf';
import { Code, createPromiseClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';

function message(name, fields) {
  return proto3.makeMessageType(`flagd.evaluation.v1.${name}`, fields);
}

const Service = {
  typeName: 'flagd.evaluation.v1.Service',
  methods: {
    resolveString: {
      name: 'ResolveString',
      kind: MethodKind.Unary,
      I: message('ResolveStringRequest', [
        { no: 1, name: 'flag_key', kind: 'scalar', T: ScalarType.STRING },
        { no: 2, name: 'context', kind: 'message', T: Struct },
      ]),
      O: message('ResolveStringResponse', [
        { no: 1, name: 'value', kind: 'scalar', T: ScalarType.STRING },
        { no: 2, name: 'reason', kind: 'scalar', T: ScalarType.STRING },
        { no: 3, name: 'variant', kind: 'scalar', T: ScalarType.STRING },
        { no: 4, name: 'metadata', kind: 'message', T: Struct },
      ]),
    },
    eventStream: {
      name: 'EventStream',
      kind: MethodKind.ServerStreaming,
      I: message('EventStreamRequest', []),
      O: message('EventStreamResponse', [
        { no: 1, name: 'type', kind: 'scalar', T: ScalarType.STRING },
        { no: 2, name: 'data', kind: 'message', T: Struct },
      ]),
    },
  },
};

const seen = [];
let client;

async function follow() {
  try {
    for await (const { type, data } of client.eventStream({})) seen.push({ type, data: data?.toJson() });
    seen.push({ type: 'end' });
  } catch (error) {
    seen.push({ type: 'error', code: Code[error.code], message: error.message });
  }
}

// Connects and follows the events.
export function open(baseUrl) {
  client = createPromiseClient(Service, createGrpcWebTransport({ baseUrl }));
  follow();
}

export const events = () => seen;

// A response, or the code and text of an error.
export async function resolve(flagKey, context) {
  try {
    const { value, reason, variant, metadata } = await client.resolveString({ flagKey, context: Struct.fromJson(context) });
    return { value, reason, variant, metadata: metadata?.toJson() };
  } catch (error) {
    return { code: Code[error.code], message: error.rawMessage };
  }
}
