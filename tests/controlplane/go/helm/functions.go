package main

import (
	"bytes"
	"context"
	"fmt"
	"text/template"
	_ "unsafe"

	"helm.sh/helm/v4/pkg/engine"
	"helm.sh/helm/v4/pkg/strvals"
)

//go:linkname initFunMap helm.sh/helm/v4/pkg/engine.Engine.initFunMap
func initFunMap(e engine.Engine, ctx context.Context, t *template.Template)

// evaluate executes one template with helm's functions.
func evaluate(asked request) answer {
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

// set merges a line of a `--set` flag; the output shows the values as Go sees them, with the types of numbers.
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
	given := answer{Output: fmt.Appendf(nil, "%#v", into)}
	if err != nil {
		given.Error = err.Error()
	}
	return given
}
