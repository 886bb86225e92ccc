package main

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// The value of a flag or context attribute, from its text and type in the suite.
func value(kind, text string) (any, error) {
	switch kind {
	case "Integer", "Long":
		return strconv.ParseInt(text, 10, 64)
	case "Float":
		return strconv.ParseFloat(text, 64)
	case "Boolean":
		return strconv.ParseBool(text)
	case "Object":
		var object any
		err := json.Unmarshal([]byte(text), &object)
		return object, err
	case "String":
		return text, nil
	}
	return nil, fmt.Errorf("unknown type %s", kind)
}

// Compares as in JSON: integers and floats are numbers of the same kind.
func same(got, wanted any) error {
	left, err := json.Marshal(got)
	if err != nil {
		return err
	}
	right, err := json.Marshal(wanted)
	if err != nil {
		return err
	}
	if string(left) != string(right) {
		return fmt.Errorf("wanted %s, got %s", right, left)
	}
	return nil
}
