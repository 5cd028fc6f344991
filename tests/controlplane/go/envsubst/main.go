// Answers envsubst questions with Flux's own library: one JSON object a line in, one a line out. The differential
// test of host/render asks it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"unicode/utf8"

	"github.com/fluxcd/pkg/envsubst"
)

type question struct {
	Text   string            `json:"text"`
	Vars   map[string]string `json:"vars"`
	Strict bool              `json:"strict"`
}

// Exactly one field is set.
type answer struct {
	Text    *string `json:"text,omitempty"`
	Error   string  `json:"error,omitempty"`
	Invalid bool    `json:"invalid,omitempty"` // the result is not UTF-8
}

func ask(q question) (a answer) {
	defer func() {
		if failed := recover(); failed != nil {
			a = answer{Error: fmt.Sprint("panic: ", failed)}
		}
	}()
	text, err := envsubst.Eval(q.Text, func(name string) (string, bool) {
		value, known := q.Vars[name]
		return value, known || !q.Strict
	})
	switch {
	case err != nil:
		return answer{Error: err.Error()}
	case !utf8.ValidString(text):
		return answer{Invalid: true}
	default:
		return answer{Text: &text}
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Encode(ask(q)); err != nil {
			os.Exit(1)
		}
	}
}
