// Package benchmarks measures asynclog beside others: the SDK's processors, slog's JSON
// handler, zap, zerolog and phuslu/log. Its own files are the guard, a test that fails
// when asynclog has become slower than it may be; everything else is in cmd/report,
// which writes REPORT.md.
//
//	make bench-report              # REPORT.md, some 9 minutes
//	make bench-report ONLY=claims  # one section, to standard output
package benchmarks
