// Package flushtimer runs the periodic work of the queue.
package flushtimer
