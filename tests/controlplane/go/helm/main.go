// The real helm as a library that answers many requests in one process: a request a line on stdin, an answer a line on
// stdout, both JSON. It serves the recorded and differential tests and the benchmark; process starts would cost more than
// answers. `record FILE...` asks the requests of files again and puts the answers beside them.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// A request is a template with the data of its dot, or a line of one of the `--set` flags with the values it is merged into,
// or arguments of the program.
type request struct {
	Template string         `json:"template,omitempty"`
	Data     any            `json:"data,omitempty"`
	Set      string         `json:"set,omitempty"`
	Line     string         `json:"line,omitempty"`
	Into     map[string]any `json:"into,omitempty"`
	Args     []string       `json:"args,omitempty"`
	Repeat   int            `json:"repeat,omitempty"` // run the arguments so many times more, and say how long they took
}

// Output is base64 in JSON, because templates print any bytes.
type answer struct {
	Output []byte  `json:"output,omitempty"`
	Error  string  `json:"error,omitempty"`
	Nanos  []int64 `json:"nanos,omitempty"`
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
	runtime.GOMAXPROCS(1)
	// What helm logs is not asked for.
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		var given answer
		if err := json.Unmarshal(line, &asked); err != nil {
			given.Error = "bad request: " + err.Error()
		} else {
			given = respond(asked)
		}
		text, _ := json.Marshal(given)
		out.Write(append(text, '\n'))
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}

func respond(asked request) (given answer) {
	defer func() {
		if r := recover(); r != nil {
			given = answer{Error: fmt.Sprintf("panic: %v\n%s", r, debug.Stack())}
		}
	}()
	switch {
	case len(asked.Args) > 0:
		return program(asked)
	case asked.Set != "":
		return set(asked)
	default:
		return evaluate(asked)
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
