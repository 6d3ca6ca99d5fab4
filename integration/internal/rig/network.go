package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// The toxics of toxiproxy log to zerolog's global logger.
func init() { zerolog.SetGlobalLevel(zerolog.Disabled) }

// Network is a connection to a server, with faults. Its methods are for one goroutine at a
// time.
type Network struct {
	// Addr is the address that clients dial, host:port. It does not change.
	Addr string

	proxy *toxiproxy.Proxy
}

// NewNetwork returns a network to the address, without faults. [Network.Cut] ends it.
func NewNetwork(upstream string) (*Network, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	n := &Network{Addr: addr, proxy: toxiproxy.NewProxy(server, "network", addr, upstream)}
	return n, n.proxy.Start()
}

// Cut ends all connections and refuses new ones.
func (n *Network) Cut() { n.proxy.Stop() }

// Restore accepts connections again after [Network.Cut].
func (n *Network) Restore() error { return n.proxy.Start() }

// Toxic is a fault in one direction of a network, as toxiproxy names it.
type Toxic struct {
	Type       string           `json:"type"`
	Stream     string           `json:"stream"` // upstream: requests; downstream: responses
	Attributes map[string]int64 `json:"attributes"`
}

const (
	upstream   = "upstream"
	downstream = "downstream"
)

// Latency delays responses.
func Latency(d, jitter time.Duration) Toxic {
	return Toxic{"latency", downstream, map[string]int64{"latency": d.Milliseconds(), "jitter": jitter.Milliseconds()}}
}

// Bandwidth limits requests to the given number of kilobytes a second.
func Bandwidth(kilobytes int64) Toxic {
	return Toxic{"bandwidth", upstream, map[string]int64{"rate": kilobytes}}
}

// ResetPeer resets connections at the given time after their first use.
func ResetPeer(after time.Duration) Toxic {
	return Toxic{"reset_peer", downstream, map[string]int64{"timeout": after.Milliseconds()}}
}

// DropRequests drops requests. The connection stays open and silent.
func DropRequests() Toxic { return Toxic{"timeout", upstream, map[string]int64{"timeout": 0}} }

// DropResponses drops responses: requests arrive, but the sender does not learn of it.
func DropResponses() Toxic { return Toxic{"timeout", downstream, map[string]int64{"timeout": 0}} }

// AddFaults injects faults, on present and future connections.
func (n *Network) AddFaults(toxics ...Toxic) error {
	for _, t := range toxics {
		text, err := json.Marshal(t)
		if err != nil {
			return err
		}
		if _, err := n.proxy.Toxics.AddToxicJson(bytes.NewReader(text)); err != nil {
			return err
		}
	}
	return nil
}

// ClearFaults ends all faults. It closes connections whose bytes were dropped.
func (n *Network) ClearFaults() { n.proxy.Toxics.ResetToxics(context.Background()) }
