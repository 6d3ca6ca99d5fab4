package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/krunchwrapper/asynclog/processor"
)

// The values of the flag -overflow.
const (
	policyDropNewest = "drop-newest"
	policyDropOldest = "drop-oldest"
	policyDropLowest = "drop-lowest"
	policyBlock      = "block"
)

var policies = []string{policyDropNewest, policyDropOldest, policyDropLowest, policyBlock}

// policyFlag returns a function that parses the value of -overflow into to.
func policyFlag(to *string) func(string) error {
	return func(s string) error {
		if !slices.Contains(policies, s) {
			return errors.New("must be one of " + strings.Join(policies, ", "))
		}
		*to = s
		return nil
	}
}

// overflow returns the policy that the flags select.
func (o *options) overflow() processor.Overflow {
	switch o.policy {
	case policyDropOldest:
		return processor.DropOldest
	case policyDropLowest:
		return processor.DropLowest
	case policyBlock:
		return processor.Block(o.maxWait)
	default:
		return processor.DropNewest
	}
}
