package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/cucumber/godog"
	"github.com/open-feature/go-sdk/openfeature"
)

type flag struct {
	kind, key string
	fallback  any
}

type answer struct {
	value    any
	metadata openfeature.ResolutionDetail
}

func flagSteps(scenarios *godog.ScenarioContext, w *world) {
	scenarios.Given(`^a (\w+)-flag with key "([^"]*)" and a default value "([^"]*)"$`, func(kind, key, text string) (err error) {
		w.flag = flag{kind: kind, key: key}
		w.flag.fallback, err = value(kind, text)
		return err
	})
	scenarios.Given(`^a context containing a key "([^"]*)", with type "(\w+)" and with value "(.*)"$`, func(key, kind, text string) (err error) {
		w.context[key], err = value(kind, text)
		return err
	})
	scenarios.Given(`^a context containing a nested property with outer key "([^"]*)" and inner key "([^"]*)", with value "([^"]*)"$`, func(outer, inner, text string) {
		w.context[outer] = map[string]any{inner: text}
	})
	scenarios.Given(`^a context containing a targeting key with value "([^"]*)"$`, func(text string) {
		w.context["targetingKey"] = text
	})
	scenarios.When(`^the flag was evaluated with details$`, w.evaluate)
	scenarios.Then(`^the resolved details value should be "(.*)"$`, func(text string) error {
		wanted, err := value(w.flag.kind, text)
		if err != nil {
			return err
		}
		return w.explained(same(w.answer.value, wanted))
	})
	scenarios.Then(`^the reason should be "([^"]*)"$`, func(text string) error {
		return w.explained(same(w.answer.metadata.Reason, text))
	})
	scenarios.Then(`^the variant should be "([^"]*)"$`, func(text string) error {
		return w.explained(same(w.answer.metadata.Variant, text))
	})
	scenarios.Then(`^the error-code should be "([^"]*)"$`, func(text string) error {
		return w.explained(same(w.answer.metadata.ErrorCode, text))
	})
	scenarios.Then(`^the flag should be part of the event payload$`, func() error {
		if !slices.Contains(w.event.FlagChanges, w.flag.key) {
			return fmt.Errorf("the flag is not in %v", w.event)
		}
		return nil
	})
	scenarios.Then(`^the resolved metadata should contain$`, w.metadataContains)
	scenarios.Then(`^the resolved metadata is empty$`, func() error {
		return same(len(w.answer.metadata.FlagMetadata), 0)
	})
}

func (w *world) evaluate() error {
	attributes := map[string]any{}
	targetingKey := ""
	for key, each := range w.context {
		if text, isText := each.(string); isText && key == "targetingKey" {
			targetingKey = text
		} else {
			attributes[key] = each
		}
	}
	context := openfeature.NewEvaluationContext(targetingKey, attributes)
	ask, known := questions[w.flag.kind]
	if !known {
		return fmt.Errorf("unknown type %s", w.flag.kind)
	}
	w.answer = ask(w.client, w.flag, context)
	return nil
}

var questions = map[string]func(*openfeature.Client, flag, openfeature.EvaluationContext) answer{
	"Boolean": func(client *openfeature.Client, asked flag, given openfeature.EvaluationContext) answer {
		got, _ := client.BooleanValueDetails(context.Background(), asked.key, asked.fallback.(bool), given)
		return answer{got.Value, got.ResolutionDetail}
	},
	"String": func(client *openfeature.Client, asked flag, given openfeature.EvaluationContext) answer {
		got, _ := client.StringValueDetails(context.Background(), asked.key, asked.fallback.(string), given)
		return answer{got.Value, got.ResolutionDetail}
	},
	"Integer": func(client *openfeature.Client, asked flag, given openfeature.EvaluationContext) answer {
		got, _ := client.IntValueDetails(context.Background(), asked.key, asked.fallback.(int64), given)
		return answer{got.Value, got.ResolutionDetail}
	},
	"Float": func(client *openfeature.Client, asked flag, given openfeature.EvaluationContext) answer {
		got, _ := client.FloatValueDetails(context.Background(), asked.key, asked.fallback.(float64), given)
		return answer{got.Value, got.ResolutionDetail}
	},
	"Object": func(client *openfeature.Client, asked flag, given openfeature.EvaluationContext) answer {
		got, _ := client.ObjectValueDetails(context.Background(), asked.key, asked.fallback, given)
		return answer{got.Value, got.ResolutionDetail}
	},
}

func (w *world) metadataContains(table *godog.Table) error {
	for _, row := range table.Rows[1:] {
		key, kind, text := row.Cells[0].Value, row.Cells[1].Value, row.Cells[2].Value
		wanted, err := value(kind, text)
		if err != nil {
			return err
		}
		if err := same(w.answer.metadata.FlagMetadata[key], wanted); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// An error with the complete result of the evaluation.
func (w *world) explained(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w (%+v)", err, w.answer)
}
