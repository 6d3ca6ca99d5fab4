#!/usr/bin/env bash
# Builds the backends of the end-to-end test from their released sources into a folder (.backends):
#
#   backends.sh FOLDER [prometheus|jaeger|loki|compose]...     default: all of them
#
# It needs Go and a module proxy, but no Docker and no other download. The go command fetches the sources and
# checks them against the checksum database. A program that exists in the version below is not built again. A
# first build takes many minutes; it compiles one package at a time to limit its memory.
set -euo pipefail
cd "$1"
shift

# The versions of docker-compose.yml: Prometheus v3.15.0 is the module's v0.315.0, Jaeger 2.13.0 its v1.76.0.
module() {
	case $1 in
	prometheus) echo github.com/prometheus/prometheus@v0.315.0 ;;
	jaeger) echo github.com/jaegertracing/jaeger@v1.76.0 ;;
	loki) echo github.com/grafana/loki/v3@v3.7.8 ;;
	compose) echo github.com/docker/compose/v5@v5.6.0 ;;
	*) echo "no backend: $1" >&2 && return 1 ;;
	esac
}

# Each program is built as its own main module, so that its replace and exclude directives apply.
build() {
	case $1 in
	prometheus)
		# The service discovery of all clouds is left out, and so is the web UI, which is not in the module.
		compile prometheus -tags remove_all_sd ./cmd/prometheus
		compile promtool -tags remove_all_sd ./cmd/promtool
		;;
	jaeger)
		go mod edit -toolchain none
		compile jaeger ./cmd/jaeger
		;;
	loki)
		# The folder of this replace directive is a module of its own, so it is not in the downloaded module.
		go mod edit -dropreplace github.com/grafana/loki/pkg/push
		compile loki ./cmd/loki
		;;
	compose) compile docker-compose ./cmd ;;
	esac
}

# -mod=mod: dropping a replace adds a module to go.mod and go.sum.
compile() {
	nice -n 19 env CGO_ENABLED=0 go build -p=1 -mod=mod -trimpath -buildvcs=false -ldflags='-s -w' -o "$bin/$1" "${@:2}"
}

bin=$PWD
if (($# == 0)); then set -- prometheus jaeger loki compose; fi
for name; do
	version=$(module "$name")
	if [[ -e $name.version && $(<"$name.version") == "$version" ]]; then continue; fi
	echo "building $version (minutes)"
	rm -f "$name.version"
	mkdir -p src
	source=$(mktemp -d "src/$name.XXXXXX")
	# The module cache is read-only, so its go.mod cannot be changed.
	cp -R "$(cd "$source" && go mod download -json "$version" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')/." "$source"
	chmod -R u+w "$source"
	(cd "$source" && GOWORK=off build "$name")
	rm -rf "$source"
	echo "$version" >"$name.version"
done
