// Command oracle answers the differential tests: what Go itself prints for a format or a template.
//
// It reads a JSON request per line and writes a JSON answer per line; `oracle tables` writes src/unicode/tables.rs.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/template"
	"time"
)

type request struct {
	Kind       string      `json:"kind"`
	Format     []byte      `json:"format"`
	Args       []value     `json:"args"`
	MissingKey string      `json:"missingkey"`
	Files      [][2][]byte `json:"files"`
	Run        string      `json:"run"`
	Data       *value      `json:"data"`
}

type answer struct {
	Output []byte   `json:"output"`
	Error  string   `json:"error,omitempty"`
	Chain  []string `json:"chain,omitempty"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "tables" {
		tables()
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "bench" {
		bench()
		return
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	decoder := json.NewDecoder(in)
	for decoder.More() {
		var r request
		if err := decoder.Decode(&r); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Encode(serve(r)); err != nil {
			os.Exit(1)
		}
	}
}

func serve(r request) answer {
	if r.Kind == "fmt" {
		args := make([]any, len(r.Args))
		for i, arg := range r.Args {
			args[i] = arg.v
		}
		switch string(r.Format) {
		case "print":
			return answer{Output: []byte(fmt.Sprint(args...))}
		case "println":
			return answer{Output: []byte(fmt.Sprintln(args...))}
		}
		return answer{Output: []byte(fmt.Sprintf(string(r.Format), args...))}
	}
	out, err := render(r)
	a := answer{Output: []byte(out)}
	if err != nil {
		a.Error = err.Error()
		for ; err != nil; err = errors.Unwrap(err) {
			if n := len(a.Chain); n == 0 || a.Chain[n-1] != err.Error() {
				a.Chain = append(a.Chain, err.Error())
			}
		}
	}
	return a
}

// include and tpl as helm 4 registers them.
func include(t *template.Template, seen map[string]int) func(string, any) (string, error) {
	return func(name string, data any) (string, error) {
		if seen[name] > 1000 {
			return "", fmt.Errorf("rendering template has a nested reference name: %s: %w", name,
				errors.New("unable to execute template"))
		}
		seen[name]++
		var b strings.Builder
		err := t.ExecuteTemplate(&b, name, data)
		seen[name]--
		return b.String(), err
	}
}

func tpl(parent *template.Template, seen map[string]int, missing string) func(string, any) (string, error) {
	return func(text string, data any) (string, error) {
		t, err := parent.Clone()
		if err != nil {
			return "", err
		}
		t.Option("missingkey=" + missing)
		t.Funcs(template.FuncMap{"include": include(t, seen), "tpl": tpl(t, seen, missing)})
		t, err = t.New(parent.Name()).Parse(text)
		if err != nil {
			return "", fmt.Errorf("cannot parse template %q: %w", text, err)
		}
		var b strings.Builder
		if err := t.Execute(&b, data); err != nil {
			return "", fmt.Errorf("error during tpl function execution for %q: %w", text, err)
		}
		return strings.ReplaceAll(b.String(), "<no value>", ""), nil
	}
}

func render(r request) (string, error) {
	t := template.New("gotpl").Option("missingkey=" + r.MissingKey)
	seen := map[string]int{}
	t.Funcs(functions())
	t.Funcs(template.FuncMap{"include": include(t, seen), "tpl": tpl(t, seen, r.MissingKey)})
	for _, file := range r.Files {
		if _, err := t.New(string(file[0])).Parse(string(file[1])); err != nil {
			return "", err
		}
	}
	data := standard()
	if r.Data != nil {
		data = r.Data.v
	}
	var b strings.Builder
	err := t.ExecuteTemplate(&b, r.Run, data)
	return b.String(), err
}

// bench executes cases/benchmark.tpl for two seconds.
func bench() {
	text, err := os.ReadFile("../cases/benchmark.tpl")
	if err != nil {
		panic(err)
	}
	r := request{MissingKey: "zero", Run: "main", Files: [][2][]byte{{[]byte("main"), text}}}
	out, err := render(r)
	if err != nil {
		panic(err)
	}
	var times []time.Duration
	for start := time.Now(); time.Since(start) < 2*time.Second; {
		before := time.Now()
		render(r)
		times = append(times, time.Since(before))
	}
	slices.Sort(times)
	fmt.Println(len(out), "bytes: best", times[0], "median", times[len(times)/2], "of", len(times))
}
