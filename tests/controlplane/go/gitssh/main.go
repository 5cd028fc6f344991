// Command gitssh serves the git repositories below a folder over SSH on loopback, for tests.
//
// It makes a host key and a client key when the files are missing, prints one JSON line with its address and the
// host key, runs git upload-pack and receive-pack for the client key's owner, and ends when its standard input closes.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
)

func main() {
	root := flag.String("root", ".", "folder of the repositories")
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	hostKey := flag.String("host-key", "host_ed25519", "host key file, made when missing")
	clientKey := flag.String("client-key", "client_ed25519", "client key file, made when missing")
	flag.Parse()
	if err := run(*root, *listen, *hostKey, *clientKey); err != nil {
		log.Fatal(err)
	}
}

func run(root, listen, hostKey, clientKey string) error {
	host, err := loadOrMakeKey(hostKey)
	if err != nil {
		return fmt.Errorf("host key: %w", err)
	}
	client, err := loadOrMakeKey(clientKey)
	if err != nil {
		return fmt.Errorf("client key: %w", err)
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	ready := map[string]string{
		"address": listener.Addr().String(),
		"hostKey": string(ssh.MarshalAuthorizedKey(host.PublicKey())),
	}
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return serve(listener, serverConfig(host, client.PublicKey()), root)
}
