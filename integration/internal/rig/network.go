package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// toxiproxy's toxics log what they do to zerolog's global logger.
func init() { zerolog.SetGlobalLevel(zerolog.Disabled) }

// Network is a way to a server on which things can go wrong. Its methods are for
// one goroutine at a time.
type Network struct {
	// Addr is where clients dial, host:port. It stays the same.
	Addr string

	proxy *toxiproxy.Proxy
}

// NewNetwork returns a faultless way to the address. [Network.Cut] ends it.
func NewNetwork(upstream string) (*Network, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	n := &Network{Addr: addr, proxy: toxiproxy.NewProxy(server, "network", addr, upstream)}
	return n, n.proxy.Start()
}

// Cut ends all connections, and refuses new ones.
func (n *Network) Cut() { n.proxy.Stop() }

// Restore takes connections again after [Network.Cut].
func (n *Network) Restore() error { return n.proxy.Start() }

// Toxic is a fault in one direction of a network, as toxiproxy names it.
type Toxic struct {
	Type       string           `json:"type"`
	Stream     string           `json:"stream"` // upstream: what is sent; downstream: what comes back
	Attributes map[string]int64 `json:"attributes"`
}

const (
	upstream   = "upstream"
	downstream = "downstream"
)

// Latency delays what comes back.
func Latency(d, jitter time.Duration) Toxic {
	return Toxic{"latency", downstream, map[string]int64{"latency": d.Milliseconds(), "jitter": jitter.Milliseconds()}}
}

// Bandwidth lets through so many kilobytes a second of what is sent.
func Bandwidth(kilobytes int64) Toxic {
	return Toxic{"bandwidth", upstream, map[string]int64{"rate": kilobytes}}
}

// ResetPeer resets connections so long after they were used first.
func ResetPeer(after time.Duration) Toxic {
	return Toxic{"reset_peer", downstream, map[string]int64{"timeout": after.Milliseconds()}}
}

// Deaf swallows what is sent; the connection stays up, and silent.
func Deaf() Toxic { return Toxic{"timeout", upstream, map[string]int64{"timeout": 0}} }

// Mute swallows what comes back: what is sent arrives, and the sender is not told.
func Mute() Toxic { return Toxic{"timeout", downstream, map[string]int64{"timeout": 0}} }

// Poison lets the faults happen, on connections that are and those that will be.
func (n *Network) Poison(toxics ...Toxic) error {
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

// Heal ends all faults. It closes connections whose bytes were swallowed.
func (n *Network) Heal() { n.proxy.Toxics.ResetToxics(context.Background()) }
