package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/cucumber/godog"
	"github.com/open-feature/go-sdk-contrib/providers/flagd/pkg"
)

// An option of the suite.
type option struct{ name, kind, text string }

func configurationSteps(scenarios *godog.ScenarioContext, w *world) {
	scenarios.Given(`^an option "([^"]+)" of type "([^"]+)" with value "([^"]*)"$`, func(name, kind, text string) {
		w.options = append(w.options, option{name, kind, text})
	})
	scenarios.Given(`^an environment variable "([^"]+)" with value "([^"]*)"$`, func(name, text string) error {
		w.environment = append(w.environment, name)
		return os.Setenv(name, text)
	})
	scenarios.When(`^a config was initialized$`, func() {
		options, err := w.providerOptions()
		if err != nil {
			w.configError = err
			return
		}
		w.config, w.configError = flagd.NewProviderConfiguration(options)
	})
	scenarios.Then(`^the option "([^"]+)" of type "([^"]+)" should have the value "([^"]*)"$`, func(name, kind, text string) error {
		if w.configError != nil {
			return w.configError
		}
		field := reflect.ValueOf(w.config).Elem().FieldByName(fieldName(name))
		if !field.IsValid() {
			return fmt.Errorf("the provider has no option %s", name)
		}
		return same(shown(field), normal(kind, text))
	})
	scenarios.Then(`^we should have an error$`, func() error {
		if w.configError == nil {
			return errors.New("no error")
		}
		return nil
	})
}

func (w *world) providerOptions() ([]flagd.ProviderOption, error) {
	var options []flagd.ProviderOption
	for _, each := range w.options {
		if _, found := reflect.TypeFor[flagd.ProviderConfiguration]().FieldByName(fieldName(each.name)); !found {
			return nil, fmt.Errorf("the provider has no option %s", each.name)
		}
		options = append(options, each.set)
	}
	return options, nil
}

// The name of the configuration field, which differs from the suite's option only in its first letter.
func fieldName(option string) string {
	return strings.ToUpper(option[:1]) + option[1:]
}

func (o option) set(config *flagd.ProviderConfiguration) {
	field := reflect.ValueOf(config).Elem().FieldByName(fieldName(o.name))
	switch field.Kind() {
	case reflect.String:
		field.SetString(o.text)
	case reflect.Bool:
		field.SetBool(strings.EqualFold(o.text, "true"))
	case reflect.Slice:
		field.Set(reflect.ValueOf(list(o.text)))
	default:
		number, err := strconv.ParseInt(o.text, 10, 64)
		if err != nil {
			panic(err)
		}
		field.Set(reflect.ValueOf(number).Convert(field.Type()))
	}
}

// A field as text, so that integer types of different widths are comparable.
func shown(field reflect.Value) string {
	if field.Kind() == reflect.Slice {
		return strings.Join(field.Interface().([]string), ",")
	}
	return fmt.Sprint(field.Interface())
}

// The suite's text in the form of `shown`. A Go string has no null.
func normal(kind, text string) string {
	switch {
	case text == "null":
		return ""
	case kind == "StringList":
		return strings.Join(list(text), ",")
	case kind == "Boolean" || kind == "ResolverType" || kind == "CacheType":
		return strings.ToLower(text)
	}
	return text
}

func list(text string) []string {
	parts := []string{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}
