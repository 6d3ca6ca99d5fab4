// Command probe asks an HTTP server whether it is well, and exits with 0 if it is:
// the health check of images that have neither shell nor curl.
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

// run returns the exit status; what is wrong goes to w, where "docker inspect"
// shows it.
func run(w io.Writer, args []string) int {
	say := func(args ...any) { _, _ = fmt.Fprintln(w, args...) }
	if len(args) != 1 {
		say("usage: probe URL")
		return 2
	}
	client := http.Client{Timeout: 3 * time.Second}
	resp, err := client.Get(args[0])
	if err != nil {
		say(err)
		return 1
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		say(args[0], resp.Status)
		return 1
	}
	return 0
}
