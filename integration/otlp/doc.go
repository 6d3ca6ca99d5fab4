// Package otlp compares package otlp of asynclog with OpenTelemetry's own exporters:
// the same records go through both into one receiver, and what the receiver decodes
// must be the same.
//
// It is a module of its own, because OpenTelemetry's exporters bring gRPC and the
// generated code of OTLP.
//
//	go test ./...                                     a short run
//	OTLP_RECORDS=10000000 go test -timeout 0 -run Same ./...  as many records as named
//	go test -run - -bench Export ./...                the cost of an export beside theirs
package otlp
