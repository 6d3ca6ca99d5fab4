// Package ratelimit limits how often something is done: errors reported, batches
// flushed early, records copied.
package ratelimit
