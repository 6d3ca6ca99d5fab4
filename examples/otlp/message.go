package main

import (
	"encoding/json"
	"net/http"

	"github.com/krunchwrapper/asynclog/examples/internal/prompt"
)

// maxText is how long a text may be. It is held in memory.
const maxText = 8 << 20

// compressed is what the worker makes of a text.
type compressed struct {
	Analysis prompt.Analysis `json:"analysis"`
	Gzip     []byte          `json:"gzip"`
}

// answer is what the front tells the client.
type answer struct {
	CorrelationID   string           `json:"correlation_id"`
	TraceID         string           `json:"trace_id,omitempty"`
	Error           string           `json:"error,omitempty"`
	Analysis        *prompt.Analysis `json:"analysis,omitempty"`
	Tokens          int              `json:"tokens,omitempty"` // an estimate
	Bytes           int              `json:"bytes"`
	CompressedBytes int              `json:"compressed_bytes,omitempty"`
	Seconds         float64          `json:"seconds"`
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // an error means that the client has gone
}
