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
	given := once(asked.Args)
	for range asked.Repeat {
		begin := time.Now()
		once(asked.Args)
		given.Nanos = append(given.Nanos, time.Since(begin).Nanoseconds())
	}
	return given
}

func once(args []string) answer {
	var out bytes.Buffer
	args = append([]string{args[0], "--namespace", "default", "--debug=false"}, args[1:]...)
	root, err := cmd.NewRootCmd(&out, args, func(bool) {})
	if err != nil {
		return answer{Error: err.Error()}
	}
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(io.Discard)
	if err := root.Execute(); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Output: out.Bytes()}
}
