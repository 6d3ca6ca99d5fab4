// Package receiver is the other end of the wire: a process that takes records over
// OTLP, or lines over TCP, acknowledges them and forgets them. It runs in a process of
// its own, so that its work is in nobody's processor time.
package receiver
