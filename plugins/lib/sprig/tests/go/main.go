// The oracle of the differential tests: evaluates template expressions with the functions of Helm 4.3.1, and `--set` lines with
// its strvals. Reads one JSON request a line, writes one JSON answer a line. `record FILE...` asks the requests of files again
// and puts the answers beside them.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/template"
	_ "unsafe"

	"helm.sh/helm/v4/pkg/engine"
	"helm.sh/helm/v4/pkg/strvals"
)

//go:linkname initFunMap helm.sh/helm/v4/pkg/engine.Engine.initFunMap
func initFunMap(e engine.Engine, ctx context.Context, t *template.Template)

// A request is a template with the data of its dot, or a line of one of the `--set` flags with the values it is merged into.
type request struct {
	Template string         `json:"template,omitempty"`
	Data     any            `json:"data,omitempty"`
	Set      string         `json:"set,omitempty"`
	Line     string         `json:"line,omitempty"`
	Into     map[string]any `json:"into,omitempty"`
}

// Output is base64 in JSON, because templates print any bytes.
type answer struct {
	Output []byte `json:"output,omitempty"`
	Error  string `json:"error,omitempty"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "record" {
		for _, name := range os.Args[2:] {
			if err := record(name); err != nil {
				fmt.Fprintln(os.Stderr, name, err)
				os.Exit(1)
			}
		}
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<28)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var asked request
		var given answer
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			given.Error = "bad request: " + err.Error()
		} else {
			given = respond(asked)
		}
		text, _ := json.Marshal(given)
		out.Write(append(text, '\n'))
	}
}

// A recorded case: the request with its answer.
type recorded struct {
	request
	answer
}

func record(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var asked, kept request
		if err := json.Unmarshal([]byte(line), &asked); err != nil {
			return err
		}
		// Merging and setting change the data, so a second copy is kept.
		if err := json.Unmarshal([]byte(line), &kept); err != nil {
			return err
		}
		if err := encoder.Encode(recorded{kept, respond(asked)}); err != nil {
			return err
		}
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}

func respond(asked request) (given answer) {
	defer func() {
		if r := recover(); r != nil {
			given = answer{Error: fmt.Sprint("panic: ", r)}
		}
	}()
	if asked.Set != "" {
		return set(asked)
	}
	t := template.New("t").Option("missingkey=zero")
	initFunMap(engine.Engine{}, context.Background(), t)
	if _, err := t.Parse(asked.Template); err != nil {
		return answer{Error: err.Error()}
	}
	var buffer bytes.Buffer
	if err := t.Execute(&buffer, asked.Data); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Output: buffer.Bytes()}
}

func set(asked request) answer {
	into := asked.Into
	if into == nil {
		into = map[string]any{}
	}
	var err error
	switch asked.Set {
	case "set":
		err = strvals.ParseInto(asked.Line, into)
	case "string":
		err = strvals.ParseIntoString(asked.Line, into)
	case "json":
		err = strvals.ParseJSON(asked.Line, into)
	case "literal":
		err = strvals.ParseLiteralInto(asked.Line, into)
	case "file":
		err = strvals.ParseIntoFile(asked.Line, into, func(path []rune) (any, error) {
			return "<" + string(path) + ">", nil
		})
	default:
		err = fmt.Errorf("bad request: no flag %q", asked.Set)
	}
	// The values as Go sees them, with the types of numbers.
	given := answer{Output: []byte(fmt.Sprintf("%#v", into))}
	if err != nil {
		given.Error = err.Error()
	}
	return given
}
