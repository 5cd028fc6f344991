// The real kustomize as a library that answers many builds in one process: a request a line on stdin, an answer a line
// on stdout, both JSON. It serves the differential fuzzer and the benchmark; process starts would cost more than builds.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

type request struct {
	Directory string `json:"directory"`
	Reorder   string `json:"reorder"`
	Anywhere  bool   `json:"anywhere"` // no load restriction
	Fresh     bool   `json:"fresh"`    // forget schemas before and after
	Repeat    int    `json:"repeat"`   // build so many times more, and say how long they took
}

type answer struct {
	Output string  `json:"output"`
	Error  *string `json:"error"`
	Nanos  []int64 `json:"nanos,omitempty"`
}

func build(r request) (out string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if r.Fresh {
		openapi.ResetOpenAPI()
		defer openapi.ResetOpenAPI()
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // as the program has it
	switch r.Reorder {
	case "none":
		options.Reorder = krusty.ReorderOptionNone
	case "legacy":
		options.Reorder = krusty.ReorderOptionLegacy
	}
	if r.Anywhere {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	m, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), r.Directory)
	if err != nil {
		return "", err
	}
	text, err := m.AsYaml()
	// The library takes its version from the program that links it.
	return strings.ReplaceAll(string(text), ": kustomize-(devel)\n", ": kustomize-v5.8.1\n"), err
}

func serve(r request) answer {
	var a answer
	out, err := build(r)
	if err != nil {
		text := err.Error()
		a.Error = &text
		return a
	}
	a.Output = out
	for range r.Repeat {
		begin := time.Now()
		if _, err := build(r); err != nil {
			text := err.Error()
			a.Error = &text
		}
		a.Nanos = append(a.Nanos, time.Since(begin).Nanoseconds())
	}
	return a
}

func main() {
	log.SetOutput(io.Discard)
	runtime.GOMAXPROCS(1)
	stderr, _ := os.Open(os.DevNull)
	os.Stderr = stderr
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			panic(err)
		}
		if err := out.Encode(serve(r)); err != nil {
			panic(err)
		}
	}
}
