// Command probe checks the health of an HTTP server. It exits with status 0 if the server
// responds with 200 OK. It is the health check of images without a shell and curl.
//
//	probe http://127.0.0.1:6060/readyz
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	os.Exit(run(os.Stderr, os.Args[1:]))
}

// run checks a URL and returns the exit status. It writes errors to w; "docker inspect"
// shows them.
func run(w io.Writer, args []string) int {
	report := func(args ...any) { _, _ = fmt.Fprintln(w, args...) }
	if len(args) != 1 {
		report("usage: probe URL")
		return 2
	}
	client := http.Client{Timeout: 3 * time.Second}
	resp, err := client.Get(args[0])
	if err != nil {
		report(err)
		return 1
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		report(args[0], resp.Status)
		return 1
	}
	return 0
}
