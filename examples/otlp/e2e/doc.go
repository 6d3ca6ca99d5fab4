// Package e2e tests the OTLP example against the real Collector, Jaeger, Loki and
// Prometheus. Each is a child process on the loopback interface, with the files and flags
// that docker-compose.yml gives its container. The package consists of tests:
//
//	make e2e          builds missing backends (once, takes minutes) and runs all tests
//	make throughput   measures one service and one Collector
//
// make sets the flag -backends to the folder with the binaries. Without the flag, only the
// tests run that need no backend, such as those of the dashboard files.
package e2e
