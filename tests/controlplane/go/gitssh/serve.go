package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
)

func serve(listener net.Listener, config *ssh.ServerConfig, root string) error {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go handleConnection(conn, config, root)
	}
}

func handleConnection(conn net.Conn, config *ssh.ServerConfig, root string) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		log.Printf("handshake with %s: %v", conn.RemoteAddr(), err)
		return
	}
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		if offered.ChannelType() != "session" {
			_ = offered.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go handleSession(channel, requests, root)
	}
}

// handleSession runs the one command of a session. GIT_PROTOCOL is the only environment variable it takes.
func handleSession(channel ssh.Channel, requests <-chan *ssh.Request, root string) {
	protocol := ""
	for request := range requests {
		switch request.Type {
		case "env":
			var env struct{ Name, Value string }
			known := ssh.Unmarshal(request.Payload, &env) == nil && env.Name == "GIT_PROTOCOL"
			if known {
				protocol = env.Value
			}
			_ = request.Reply(known, nil)
		case "exec":
			var exec struct{ Command string }
			err := ssh.Unmarshal(request.Payload, &exec)
			_ = request.Reply(err == nil, nil)
			if err == nil {
				go finish(channel, runGit(channel, root, exec.Command, protocol))
			}
		default:
			_ = request.Reply(false, nil)
		}
	}
}

func runGit(channel ssh.Channel, root, command, protocol string) error {
	service, argument, _ := strings.Cut(command, " ")
	if service != "git-upload-pack" && service != "git-receive-pack" {
		return fmt.Errorf("command %q is not served", service)
	}
	path := filepath.Join(root, filepath.Clean("/"+strings.Trim(argument, "'")))
	git := exec.Command("git", strings.TrimPrefix(service, "git-"), path)
	git.Env = append(os.Environ(), "GIT_PROTOCOL="+protocol)
	git.Stdout = channel
	git.Stderr = channel.Stderr()
	stdin, err := git.StdinPipe()
	if err != nil {
		return err
	}
	if err := git.Start(); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(stdin, channel)
		_ = stdin.Close()
	}()
	return git.Wait()
}

func finish(channel ssh.Channel, err error) {
	status := struct{ Code uint32 }{}
	if err != nil {
		status.Code = 1
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			status.Code = uint32(exit.ExitCode())
		} else {
			fmt.Fprintln(channel.Stderr(), err)
		}
	}
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(status))
	_ = channel.Close()
}
