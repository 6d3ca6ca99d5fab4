package rig

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// Ports are taken from below the range that operating systems use for outgoing
// connections, so that no connection takes the port of a Collector that does not run.
const (
	lowestPort  = 10_000
	highestPort = 30_000
)

var (
	portMu    sync.Mutex
	portTaken = map[int]bool{} // by this process, guarded by portMu
)

// freeAddr returns a loopback address on which no process listens. It returns each address
// once.
func freeAddr() (string, error) {
	portMu.Lock()
	defer portMu.Unlock()
	for range 1000 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		if portTaken[port] {
			continue
		}
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		portTaken[port] = true
		return addr, l.Close()
	}
	return "", errors.New("found no free loopback port")
}
