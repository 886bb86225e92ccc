// The official Connect client for Go, controlled over standard input; see drivers/README.md for the protocol.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	evaluation1 "conformance/peer/gen/flagd/evaluation/v1"
	evaluation2 "conformance/peer/gen/flagd/evaluation/v2"
	flagsync "conformance/peer/gen/flagd/sync/v1"
	schema1 "conformance/peer/gen/schema/v1"
)

type question struct {
	ID       int               `json:"id"`
	Verb     string            `json:"verb"`
	Address  string            `json:"address"`
	Protocol string            `json:"protocol"`
	JSON     bool              `json:"json"`
	HTTP     string            `json:"http"`
	Gzip     bool              `json:"gzip"`
	Service  string            `json:"service"`
	Method   string            `json:"method"`
	Timeout  int               `json:"timeout"`
	Headers  map[string]string `json:"headers"`
	Message  json.RawMessage   `json:"message"`
	Stream   int               `json:"stream"`
}

// The result of a call.
type outcome struct {
	Message json.RawMessage   `json:"message,omitempty"`
	Code    string            `json:"code,omitempty"`
	Text    string            `json:"text,omitempty"`
	Headers map[string]string `json:"headers"`
}

var (
	saying  sync.Mutex
	cancels sync.Map
	// All procedures by name, for calls and for streams.
	calls   = map[string]func(context.Context, question) outcome{}
	streams = map[string]func(context.Context, question){}
)

func main() {
	evaluation1Procedures()
	evaluation2Procedures()
	schema1Procedures()
	unary[flagsync.FetchAllFlagsRequest, flagsync.FetchAllFlagsResponse]("flagd.sync.v1.FlagSyncService/FetchAllFlags")
	unary[flagsync.GetMetadataRequest, flagsync.GetMetadataResponse]("flagd.sync.v1.FlagSyncService/GetMetadata")
	stream[flagsync.SyncFlagsRequest, flagsync.SyncFlagsResponse]("flagd.sync.v1.FlagSyncService/SyncFlags")
	say(map[string]any{"language": "go", "events": true})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var asked question
		result, err := any(nil), json.Unmarshal(lines.Bytes(), &asked)
		if err == nil {
			result, err = carryOut(asked)
		}
		if err != nil {
			say(map[string]any{"id": asked.ID, "error": err.Error()})
			continue
		}
		say(map[string]any{"id": asked.ID, "result": result})
	}
}

func evaluation1Procedures() {
	const service = "flagd.evaluation.v1.Service/"
	unary[evaluation1.ResolveAllRequest, evaluation1.ResolveAllResponse](service + "ResolveAll")
	unary[evaluation1.ResolveBooleanRequest, evaluation1.ResolveBooleanResponse](service + "ResolveBoolean")
	unary[evaluation1.ResolveStringRequest, evaluation1.ResolveStringResponse](service + "ResolveString")
	unary[evaluation1.ResolveIntRequest, evaluation1.ResolveIntResponse](service + "ResolveInt")
	unary[evaluation1.ResolveFloatRequest, evaluation1.ResolveFloatResponse](service + "ResolveFloat")
	unary[evaluation1.ResolveObjectRequest, evaluation1.ResolveObjectResponse](service + "ResolveObject")
	stream[evaluation1.EventStreamRequest, evaluation1.EventStreamResponse](service + "EventStream")
}

func evaluation2Procedures() {
	const service = "flagd.evaluation.v2.Service/"
	unary[evaluation2.ResolveBooleanRequest, evaluation2.ResolveBooleanResponse](service + "ResolveBoolean")
	unary[evaluation2.ResolveStringRequest, evaluation2.ResolveStringResponse](service + "ResolveString")
	stream[evaluation2.EventStreamRequest, evaluation2.EventStreamResponse](service + "EventStream")
}

func schema1Procedures() {
	const service = "schema.v1.Service/"
	unary[schema1.ResolveBooleanRequest, schema1.ResolveBooleanResponse](service + "ResolveBoolean")
	unary[schema1.ResolveStringRequest, schema1.ResolveStringResponse](service + "ResolveString")
	stream[schema1.EventStreamRequest, schema1.EventStreamResponse](service + "EventStream")
}

func say(line any) {
	encoded, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	saying.Lock()
	defer saying.Unlock()
	fmt.Println(string(encoded))
}

func carryOut(asked question) (any, error) {
	procedure := asked.Service + "/" + asked.Method
	ctx, cancel := context.WithCancel(context.Background())
	if asked.Timeout > 0 {
		ctx, cancel = context.WithTimeout(context.Background(), time.Duration(asked.Timeout)*time.Millisecond)
	}
	switch call, follow := calls[procedure], streams[procedure]; {
	case asked.Verb == "unary" && call != nil:
		defer cancel()
		return call(ctx, asked), nil
	case asked.Verb == "follow" && follow != nil:
		cancels.Store(asked.Stream, cancel)
		go follow(ctx, asked)
		return nil, nil
	case asked.Verb == "cancel":
		cancel()
		if stored, found := cancels.Load(asked.Stream); found {
			stored.(context.CancelFunc)()
		}
		return nil, nil
	}
	cancel()
	return nil, fmt.Errorf("unknown verb or procedure: %s %s", asked.Verb, procedure)
}

// client returns a Connect client with the options of a request.
func client[Request, Response any](asked question, procedure string) *connect.Client[Request, Response] {
	options := []connect.ClientOption{connect.WithAcceptCompression("gzip", nil, nil)}
	if asked.Gzip {
		options = []connect.ClientOption{connect.WithSendGzip(), connect.WithCompressMinBytes(0)}
	}
	switch asked.Protocol {
	case "grpc":
		options = append(options, connect.WithGRPC())
	case "grpc-web":
		options = append(options, connect.WithGRPCWeb())
	}
	if asked.JSON {
		options = append(options, connect.WithProtoJSON())
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(asked.HTTP == "1.1")
	protocols.SetUnencryptedHTTP2(asked.HTTP == "2")
	transport := &http.Transport{Protocols: protocols, DisableCompression: true}
	return connect.NewClient[Request, Response](&http.Client{Transport: transport}, asked.Address+"/"+procedure, options...)
}

func request[Request any](asked question) (*connect.Request[Request], error) {
	message := new(Request)
	if err := protojson.Unmarshal(asked.Message, any(message).(proto.Message)); err != nil {
		return nil, err
	}
	prepared := connect.NewRequest(message)
	for name, value := range asked.Headers {
		prepared.Header().Set(name, value)
	}
	return prepared, nil
}

func unary[Request, Response any](procedure string) {
	calls[procedure] = func(ctx context.Context, asked question) outcome {
		prepared, err := request[Request](asked)
		if err != nil {
			return failed(err)
		}
		response, err := client[Request, Response](asked, procedure).CallUnary(ctx, prepared)
		if err != nil {
			return failed(err)
		}
		return outcome{Message: written(response.Msg), Headers: single(response.Header())}
	}
}

func stream[Request, Response any](procedure string) {
	streams[procedure] = func(ctx context.Context, asked question) {
		ended := follow[Request, Response](ctx, asked, procedure)
		say(map[string]any{"event": "end", "stream": asked.Stream, "code": ended.Code, "text": ended.Text, "headers": ended.Headers})
	}
}

func follow[Request, Response any](ctx context.Context, asked question, procedure string) outcome {
	prepared, err := request[Request](asked)
	if err != nil {
		return failed(err)
	}
	messages, err := client[Request, Response](asked, procedure).CallServerStream(ctx, prepared)
	if err != nil {
		return failed(err)
	}
	defer messages.Close()
	for messages.Receive() {
		say(map[string]any{"event": "message", "stream": asked.Stream, "message": written(messages.Msg())})
	}
	if err := messages.Err(); err != nil {
		return failed(err)
	}
	return outcome{Headers: single(messages.ResponseHeader())}
}

func failed(err error) outcome {
	failure := outcome{Code: connect.CodeOf(err).String(), Text: err.Error()}
	var known *connect.Error
	if errors.As(err, &known) {
		failure.Text = known.Message()
		failure.Headers = single(known.Meta())
	}
	return failure
}

func written(message any) json.RawMessage {
	encoded, err := protojson.Marshal(message.(proto.Message))
	if err != nil {
		panic(err)
	}
	return encoded
}

// single returns the first value of each header, by its name in lower case.
func single(headers http.Header) map[string]string {
	first := map[string]string{}
	for name := range headers {
		first[strings.ToLower(name)] = headers.Get(name)
	}
	return first
}

