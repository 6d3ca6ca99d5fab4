// Package e2e tests the OTLP example against the real Collector, Jaeger, Loki and
// Prometheus, each a child process on the loopback interface that is given the very
// files and flags that docker-compose.yml gives its container. It consists of tests:
//
//	make e2e          builds what is missing (minutes, once), and runs all of them
//	make throughput   measures one service and one Collector
//
// Without the flag -backends, which make sets to the folder with the binaries, only
// those tests run that need none: of the dashboards as files.
package e2e
