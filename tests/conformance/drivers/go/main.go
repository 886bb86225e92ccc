// The official Go provider, controlled over standard input; ../README.md describes the protocol.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	flagd "github.com/open-feature/go-sdk-contrib/providers/flagd/pkg"
	"github.com/open-feature/go-sdk/openfeature"
)

type flag struct {
	Type string          `json:"type"`
	Key  string          `json:"key"`
	Mine json.RawMessage `json:"mine"`
}

type question struct {
	flag
	ID       int              `json:"id"`
	Verb     string           `json:"verb"`
	Context  map[string]any   `json:"context"`
	Flags    []flag           `json:"flags"`
	Contexts []map[string]any `json:"contexts"`
}

// The result of an evaluation.
type answer struct {
	Value        any            `json:"value"`
	Variant      string         `json:"variant"`
	Reason       string         `json:"reason"`
	ErrorCode    *string        `json:"errorCode"`
	ErrorMessage string         `json:"errorMessage"`
	Metadata     map[string]any `json:"metadata"`
}

var (
	client  = openfeature.NewDefaultClient()
	answers = os.Stdout
	saying  sync.Mutex
)

func main() {
	// Output of the provider must not mix with the responses.
	os.Stdout = os.Stderr
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

func say(line any) {
	encoded, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	saying.Lock()
	defer saying.Unlock()
	fmt.Fprintln(answers, string(encoded))
}

func carryOut(asked question) (any, error) {
	switch asked.Verb {
	case "open":
		return nil, open()
	case "status":
		return client.State(), nil
	case "ask":
		return ask(asked.flag, contextOf(asked.Context))
	case "sweep":
		return sweep(asked.Flags, asked.Contexts)
	case "close":
		openfeature.Shutdown()
		return nil, nil
	}
	return nil, fmt.Errorf("no such verb: %s", asked.Verb)
}

func open() error {
	for _, kind := range []openfeature.EventType{
		openfeature.ProviderReady, openfeature.ProviderStale, openfeature.ProviderError, openfeature.ProviderConfigChange,
	} {
		follow := func(details openfeature.EventDetails) {
			say(map[string]any{"event": kind, "flagsChanged": details.FlagChanges})
		}
		client.AddHandler(kind, &follow)
	}
	provider, err := flagd.NewProvider()
	if err != nil {
		return err
	}
	return openfeature.SetProviderAndWait(provider)
}

func contextOf(attributes map[string]any) openfeature.EvaluationContext {
	key, _ := attributes["targetingKey"].(string)
	rest := map[string]any{}
	for name, value := range attributes {
		if name != "targetingKey" {
			rest[name] = value
		}
	}
	return openfeature.NewEvaluationContext(key, rest)
}

func ask(asked flag, attributes openfeature.EvaluationContext) (answer, error) {
	switch asked.Type {
	case "boolean":
		return evaluated(asked, attributes, client.BooleanValueDetails)
	case "string":
		return evaluated(asked, attributes, client.StringValueDetails)
	case "integer":
		return evaluated(asked, attributes, client.IntValueDetails)
	case "float":
		return evaluated(asked, attributes, client.FloatValueDetails)
	}
	return evaluated(asked, attributes, client.ObjectValueDetails)
}

type evaluation[T any] func(context.Context, string, T, openfeature.EvaluationContext, ...openfeature.Option) (openfeature.GenericEvaluationDetails[T], error)

func evaluated[T any](asked flag, attributes openfeature.EvaluationContext, evaluate evaluation[T]) (answer, error) {
	var mine T
	if err := json.Unmarshal(asked.Mine, &mine); err != nil {
		return answer{}, err
	}
	// The details contain the error as well.
	got, _ := evaluate(context.Background(), asked.Key, mine, attributes)
	described := answer{
		Value: got.Value, Variant: got.Variant, Reason: string(got.Reason),
		ErrorMessage: got.ErrorMessage, Metadata: got.FlagMetadata,
	}
	if got.ErrorCode != "" {
		code := string(got.ErrorCode)
		described.ErrorCode = &code
	}
	return described, nil
}

func sweep(flags []flag, contexts []map[string]any) ([][]string, error) {
	rows := make([][]string, 0, len(contexts))
	for _, attributes := range contexts {
		row := make([]string, 0, len(flags))
		for _, each := range flags {
			got, err := ask(each, contextOf(attributes))
			if err != nil {
				return nil, err
			}
			if got.ErrorCode != nil {
				got.Variant = *got.ErrorCode
			}
			row = append(row, got.Variant)
		}
		rows = append(rows, row)
	}
	return rows, nil
}
