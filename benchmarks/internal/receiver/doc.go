// Package receiver is the other end of the wire: a process that takes records over
// OTLP, or lines over TCP, acknowledges them and discards them. It runs in a process of
// its own, so that its work does not count as a contender's processor time.
package receiver
