// Package otelhttp tests bridge.Middleware and bridge.NewTransport together with those of
// otelhttp, in both orders, on servers of HTTP/1.1 and HTTP/2. It is a module of its own
// because of otelhttp's dependencies.
package otelhttp
