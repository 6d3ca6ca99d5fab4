// Package outlive writes to pipes that may be broken.
//
// A Go program that writes to standard output or standard error by way of package os,
// and finds that nobody reads there any more, is ended by SIGPIPE
// (https://pkg.go.dev/os/signal, "SIGPIPE"). That suits a filter. It is not for the log
// of a service to do: when the reader of its logs dies, the service goes on.
package outlive
