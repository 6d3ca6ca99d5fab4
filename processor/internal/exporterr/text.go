package exporterr

import "strings"

// texts are the last resort, for errors whose type says nothing.
var texts = []struct {
	text  string
	class Class
}{
	// otlploghttp and otlploggrpc, for requests that they do not send.
	{"request body too large: exceeded", Poisoned},
	{"request message too large: exceeded", Poisoned},
	// protobuf, for a string that it cannot encode.
	{"invalid UTF-8", Poisoned},

	// net, net/http and HTTP/2, for connections.
	{"connection refused", Transient},
	{"connection reset by peer", Transient},
	{"broken pipe", Transient},
	{"no such host", Transient},
	{"host is down", Transient},
	{"server closed idle connection", Transient},
	{"transport connection broken", Transient},
	{"client connection lost", Transient},
	{"GOAWAY", Transient},
	{"i/o timeout", Transient},
	{"TLS handshake timeout", Transient},
}

func textClass(text string) (Class, bool) {
	for _, t := range texts {
		if strings.Contains(text, t.text) {
			return t.class, true
		}
	}
	return Unknown, false
}
