package main

import (
	"encoding/json"
	"net/http"

	"github.com/krunchwrapper/asynclog/examples/internal/prompt"
)

// maxText is the size of the largest text, in bytes. Texts are held in memory.
const maxText = 8 << 20

// compressed is the worker's response.
type compressed struct {
	Analysis prompt.Analysis `json:"analysis"`
	Gzip     []byte          `json:"gzip"`
}

// answer is the front's response.
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

// writeJSON writes a response as JSON.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // an error means that the client has disconnected
}
