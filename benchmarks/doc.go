// Package benchmarks compares asynclog with the SDK's processors, slog's JSON handler,
// zap, zerolog and phuslu/log. The package itself has only the guard, a test that fails
// if asynclog is slower than allowed. The measurements are in cmd/report, which writes
// REPORT.md.
//
//	make bench-report              # REPORT.md, about 9 minutes
//	make bench-report ONLY=claims  # one section, to standard output
package benchmarks
