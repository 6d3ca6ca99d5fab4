# Recipes say "set -euo pipefail" themselves: make before 3.82 (macOS) ignores .SHELLFLAGS.
SHELL := bash
.DEFAULT_GOAL := help

FUZZTIME ?= 30s
STRESS_COUNT ?= 20
COUNT ?= 6
BENCH ?= .
PKG ?= ./...
IMPLS ?= sdk asynclog
ARGS ?=
REV ?= HEAD
RECORDS ?= 200000
# ocb, the OpenTelemetry Collector Builder: the version of the components in its manifest.
OCB = go.opentelemetry.io/collector/cmd/builder@v0.161.0

# Untracked modules count too, so that a new one is checked before it is committed.
MODULES = $(patsubst %/,%,$(dir $(shell git ls-files --cached --others --exclude-standard -- go.mod '*/go.mod')))
# internal/tools holds tool directives and no package.
CODE_MODULES = $(filter-out internal/tools,$(MODULES))
NESTED_MODULES = $(filter-out .,$(CODE_MODULES))

# $(call each,DIRS,COMMAND) runs COMMAND in every directory and stops at the first failure.
each = set -euo pipefail; for dir in $(1); do echo "==> $$dir"; (cd "$$dir" && $(2)); done

# Without git there is no list of modules, and a check of nothing must not pass.
need_modules = $(if $(filter .,$(MODULES)),,$(error git ls-files finds no go.mod here))

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' Makefile

.PHONY: test
test: ## Run the tests
	go test ./...

# The race detector needs cgo, which the environment may have switched off.
.PHONY: race
race: ## Run the tests under the race detector
	CGO_ENABLED=1 go test -race ./...

.PHONY: race-stress
race-stress: ## Repeat the ConcurrentSafe tests under the race detector (STRESS_COUNT=20)
	CGO_ENABLED=1 go test -race -run ConcurrentSafe -count=$(STRESS_COUNT) ./...

.PHONY: test-nested
test-nested: ## Vet and test every nested module
	$(need_modules)
	@$(call each,$(NESTED_MODULES),go vet ./... && go test ./...)

.PHONY: docs
docs: ## Compile the Go blocks of README.md and docs/, and check their commands and links
	cd integration/docs && go vet ./... && go test -count=1 ./...

.PHONY: house
house: ## Print files, lines, options and exported names beside their limits, and fail above them
	go run ./internal/house

# Compiled, not run. wasip1 stands for the systems without signals and processes.
CROSS = windows/amd64 darwin/arm64 plan9/amd64 wasip1/wasm linux/arm
.PHONY: cross
cross: ## Compile the packages for other systems (CROSS)
	@set -euo pipefail; packages=$$(go list ./... | grep -v /examples/); \
	for target in $(CROSS); do echo "==> $$target"; \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} go build $$packages; done

.PHONY: lint
lint: .tools/golangci-lint ## Lint every module
	$(need_modules)
	@$(call each,$(CODE_MODULES),"$(CURDIR)/.tools/golangci-lint" run ./...)

# golangci-lint fmt adds what gofumpt leaves alone: the grouping of imports.
.PHONY: fmt
fmt: .tools/gofumpt .tools/golangci-lint ## Format the code
	.tools/gofumpt -w .
	.tools/golangci-lint fmt

.PHONY: fmt-check
fmt-check: .tools/gofumpt ## Fail if gofumpt would change a file
	@set -euo pipefail; files=$$(.tools/gofumpt -l .); \
	if [ -n "$$files" ]; then printf 'not formatted, run make fmt:\n%s\n' "$$files"; exit 1; fi

.PHONY: tidy-check
tidy-check: ## Fail if go mod tidy would change a module
	$(need_modules)
	@$(call each,$(MODULES),go mod tidy -diff)

# Before Go 1.27 a fuzz run without a finding may fail with a bare "context deadline exceeded" when
# its time is up (golang/go#75804). This awk program ends with 42 for that failure alone.
define FUZZ_OUTPUT
/^--- FAIL/ { failed = 1 }
!failed { print; fflush(); next }
{ held = held $$0 "\n" }
/^ *context deadline exceeded$$/ { late = 1 }
/Failing input/ { finding = 1 }
END {
	if (late && !finding) { print "no finding; stopped late (golang/go#75804)"; exit 42 }
	printf "%s", held
}
endef
export FUZZ_OUTPUT

# go test -fuzz takes one target of one package. In the output of -list, the names of a package's
# targets come before its "ok" line.
.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (30s)
	$(need_modules)
	@set -euo pipefail; \
	for dir in $(CODE_MODULES); do \
		targets=$$(cd "$$dir" && go test -list '^Fuzz' ./... | \
			awk '/^Fuzz/ { name[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, name[i]; n = 0 }'); \
		while read -r pkg target; do \
			[ -n "$$target" ] || continue; \
			echo "==> $$pkg $$target"; \
			(cd "$$dir" && go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$pkg" </dev/null) 2>&1 | \
				awk "$$FUZZ_OUTPUT" || [ "$${PIPESTATUS[*]}" = "1 42" ]; \
		done <<<"$$targets"; \
	done

.PHONY: bench
bench: ## Run the benchmarks COUNT (6) times, also into .bench/latest.txt (PKG=./processor BENCH=HandOver)
	@mkdir -p .bench
	@set -euo pipefail; set -x; \
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count=$(COUNT) $(PKG) | tee .bench/latest.txt

# The order of IMPLS makes the SDK the base of the comparison. "make -o bench bench-compare" compares
# the last run without a new one.
.PHONY: bench-compare
bench-compare: .tools/benchstat bench ## Run the benchmarks and compare impl=sdk with impl=asynclog
	.tools/benchstat -col '/impl@($(IMPLS))' .bench/latest.txt

.PHONY: bench-start
bench-start: ## Time Start to its first record, and compare a log call through it with impl=handwired
	@$(MAKE) bench-compare PKG=. BENCH='Start|LogCall' IMPLS='handwired start'

.PHONY: bench-once
bench-once: ## Run every benchmark for one iteration, so that none rots
	$(need_modules)
	@$(call each,$(CODE_MODULES),go test -run '^$$' -bench . -benchtime 1x ./...)

.PHONY: guard
guard: ## Fail if the hand-over has become slower, or takes more memory, than it may beside the SDK's
	cd benchmarks && go test -count=1 -run Guard .

.PHONY: bench-against
bench-against: ## Compare the benchmarks with those at another commit, in turns (REV=HEAD PKG=./processor BENCH=HandOver ARGS='-pairs 11')
	cd benchmarks && go run ./cmd/against -rev '$(REV)' -pkg '$(filter-out ./...,$(PKG))' -bench '$(BENCH)' $(ARGS)

# A binary, not "go run", so that nothing is left running when make is interrupted.
.PHONY: bench-report
bench-report: ## Measure beside the SDK, zap, zerolog and others into benchmarks/REPORT.md (9 minutes; ONLY=claims: one section, to standard output; SHORT=1)
	@mkdir -p .bench
	cd benchmarks && go build -buildvcs=false -o ../.bench/report ./cmd/report
	cd benchmarks && exec ../.bench/report $(if $(ONLY),-only '$(ONLY)') $(if $(SHORT),-short)

# Not part of ci: it asks the vulnerability database over the network.
.PHONY: vuln
vuln: .tools/govulncheck ## Look for known vulnerabilities in every module
	$(need_modules)
	@$(call each,$(CODE_MODULES),"$(CURDIR)/.tools/govulncheck" ./...)

.PHONY: quickstart
quickstart: ## Run the quick start (ARGS='FILE ...')
	go run ./examples/quickstart $(ARGS)

.PHONY: files
files: ## Run the file-processing example (ARGS='-out FILE -overflow block FILE ...')
	go run ./examples/files $(ARGS)

.PHONY: backends
backends: collector ## Build the backends of the end-to-end test into .backends/, those that are missing (half an hour)
	bash examples/otlp/e2e/backends.sh .backends

# -v: the figures are told by t.Log.
.PHONY: e2e
e2e: backends ## Test the OTLP example against the real Collector, Jaeger, Loki and Prometheus (ARGS='-run EndToEnd')
	cd examples/otlp/e2e && go vet . && go test -count=1 -timeout 20m -v . -backends "$(CURDIR)/.backends" $(ARGS)

.PHONY: throughput
throughput: backends ## Measure one service and one Collector (RECORDS=200000 a run)
	cd examples/otlp/e2e && go test -count=1 -timeout 30m -v -run '^TestThroughput' . \
		-backends "$(CURDIR)/.backends" -throughput $(RECORDS)

.PHONY: collector
collector: ## Build the OpenTelemetry Collector of the integration tests into .backends/, if its manifest changed (minutes)
	@set -euo pipefail; \
	if [ -x .backends/otelcol ] && cmp -s integration/collector.yaml .backends/otelcol.yaml; then exit 0; fi; \
	mkdir -p .backends/src; set -x; \
	go run $(OCB) --config integration/collector.yaml --skip-compilation; \
	(cd .backends/src/otelcol && go build -trimpath -ldflags='-s -w' -o ../../otelcol .); \
	rm -r .backends/src/otelcol; \
	cp integration/collector.yaml .backends/otelcol.yaml

.PHONY: integration
integration: collector ## Test against a real Collector, built if need be
	cd integration && go vet ./... && go test ./...

.PHONY: outage-proof
outage-proof: collector ## Prove what long outages cost, and soak for a minute over each protocol (ten minutes)
	cd integration && ASYNCLOG_LONG=1 go test -count=1 -timeout 30m -v -run 'TestLongOutages|TestSoak' .

.PHONY: outage-report
outage-report: collector ## Print the table of outages in docs/outages.md, beside the SDK's processor (a quarter of an hour; ARGS='-over http')
	@cd integration && go run ./cmd/outage-report $(ARGS)

.PHONY: ci
ci: ## Run everything the continuous integration runs
	bash .ci/run

.PHONY: tools
tools: .tools/golangci-lint .tools/gofumpt .tools/benchstat .tools/govulncheck ## Build the development tools

# Binaries start at once where "go tool" resolves and links again after each change of the cache.
.tools/golangci-lint: PACKAGE = github.com/golangci/golangci-lint/v2/cmd/golangci-lint
.tools/gofumpt: PACKAGE = mvdan.cc/gofumpt
.tools/benchstat: PACKAGE = golang.org/x/perf/cmd/benchstat
.tools/govulncheck: PACKAGE = golang.org/x/vuln/cmd/govulncheck
.tools/%: internal/tools/go.mod internal/tools/go.sum
	cd internal/tools && go build -buildvcs=false -o "$(CURDIR)/$@" $(PACKAGE)
