// Reads flag files in YAML as flagd does, with flagd's own function, and dumps flag sets with gopkg.in/yaml.v3.
//
//	reader read <DOCUMENTS.jsonl   each line: {"source": …, "yaml": …}; adds "json" (the document as flagd reads it), or
//	                               "refused": true and "error"; "behind" is the error of the text behind the
//	                               first document, which flagd does not read
//	reader dump <SETS.jsonl        each line: {"name": …, "value": …}; prints {"source": …, "yaml": …} a line
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/open-feature/flagd/core/pkg/utils"
	"gopkg.in/yaml.v3"
)

type document struct {
	Source  string          `json:"source"`
	YAML    string          `json:"yaml"`
	JSON    json.RawMessage `json:"json,omitempty"`
	Refused bool            `json:"refused,omitempty"`
	Error   string          `json:"error,omitempty"`
	Behind  string          `json:"behind,omitempty"`
}

type set struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// read converts a document as flagd's file source does. A document that makes yaml.v3 panic is refused as well.
func read(doc document) (out document) {
	out = doc
	defer func() {
		if reason := recover(); reason != nil {
			out.Refused, out.Error = true, fmt.Sprint("panic: ", reason)
		}
	}()
	text, err := utils.ConvertToJSON([]byte(doc.YAML), ".yaml", "")
	switch {
	case err != nil:
		out.Refused, out.Error = true, err.Error()
	case text == "":
		out.JSON = json.RawMessage("null")
	default:
		out.JSON = json.RawMessage(text)
	}
	if err == nil {
		out.Behind = behind(doc.YAML)
	}
	return out
}

// behind returns the error of the text behind the first document, if it has one.
func behind(text string) string {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for range 2 {
		var node yaml.Node
		if err := decoder.Decode(&node); err != nil && err != io.EOF {
			return err.Error()
		}
	}
	return ""
}

// numbers replaces each json.Number by an integer if it is one, and by a float otherwise.
func numbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		if integer, err := value.Int64(); err == nil {
			return integer
		}
		float, _ := value.Float64()
		return float
	case []any:
		for index, item := range value {
			value[index] = numbers(item)
		}
	case map[string]any:
		for key, member := range value {
			value[key] = numbers(member)
		}
	}
	return value
}

// styled returns the nodes of a value in one style.
func styled(value any, style yaml.Style) (*yaml.Node, error) {
	node := &yaml.Node{}
	if err := node.Encode(value); err != nil {
		return nil, err
	}
	restyle(node, style)
	return node, nil
}

func restyle(node *yaml.Node, style yaml.Style) {
	collection := node.Kind == yaml.MappingNode || node.Kind == yaml.SequenceNode
	if collection == (style == yaml.FlowStyle) && (collection || node.Tag == "!!str") {
		node.Style = style
	}
	for _, child := range node.Content {
		restyle(child, style)
	}
}

func dump(value any, indent int, style yaml.Style) (text string, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%v", reason)
		}
	}()
	if style != 0 {
		if value, err = styled(value, style); err != nil {
			return "", err
		}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(indent)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return out.String(), encoder.Close()
}

var styles = map[string]yaml.Style{
	"":         0,
	" double":  yaml.DoubleQuotedStyle,
	" single":  yaml.SingleQuotedStyle,
	" folded":  yaml.FoldedStyle,
	" literal": yaml.LiteralStyle,
	" flow":    yaml.FlowStyle,
}

func dumpAll(set set, print func(any)) {
	for _, name := range []string{"", " double", " single", " literal", " folded", " flow"} {
		for _, indent := range []int{2, 4} {
			text, err := dump(numbers(set.Value), indent, styles[name])
			if err == nil {
				print(document{Source: fmt.Sprintf("yaml.v3 indent=%d%s: %s", indent, name, set.Name), YAML: text})
			}
		}
	}
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	print := func(line any) {
		if err := encoder.Encode(line); err != nil {
			log.Fatal(err)
		}
	}
	decoder := json.NewDecoder(in)
	decoder.UseNumber()
	for {
		var doc document
		var flags set
		var err error
		if os.Args[1] == "read" {
			if err = decoder.Decode(&doc); err == nil {
				print(read(doc))
			}
		} else if err = decoder.Decode(&flags); err == nil {
			dumpAll(flags, print)
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}
