package main

import (
	"bytes"
	"io"
	"time"

	"helm.sh/helm/v4/pkg/cmd"
)

// program runs arguments as the program does. The flags of all subcommands are kept by helm from one run to the next: those
// that requests use are set to their defaults first, and a process should not answer more than some hundred requests, since
// helm's command line also keeps what it does at its start.
func program(asked request) answer {
	given, _ := once(asked.Args)
	for range asked.Repeat {
		_, took := once(asked.Args)
		given.Nanos = append(given.Nanos, took.Nanoseconds())
	}
	return given
}

// once also says how long the subcommand itself took: making the command line is not counted.
func once(args []string) (answer, time.Duration) {
	var out bytes.Buffer
	args = append([]string{args[0], "--namespace", "default", "--debug=false"}, args[1:]...)
	root, err := cmd.NewRootCmd(&out, args, func(bool) {})
	if err != nil {
		return answer{Error: err.Error()}, 0
	}
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(io.Discard)
	begin := time.Now()
	err = root.Execute()
	took := time.Since(begin)
	if err != nil {
		return answer{Error: err.Error()}, took
	}
	return answer{Output: out.Bytes()}, took
}
