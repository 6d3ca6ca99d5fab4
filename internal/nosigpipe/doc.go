// Package nosigpipe provides a writer whose broken pipe is an error, not a SIGPIPE.
//
// A Go program is ended by SIGPIPE when it writes, through package os, to a standard
// output or standard error that nobody reads any more
// (https://pkg.go.dev/os/signal, "SIGPIPE"). That suits a filter. It does not suit the
// log of a service: when the reader of its logs dies, the service goes on.
package nosigpipe
