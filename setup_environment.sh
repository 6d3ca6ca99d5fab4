#!/usr/bin/env bash
# Sets the environment of the programs that are started from this shell:
#
#   source ./setup_environment.sh development
#   source ./setup_environment.sh production
#
# It is for bash and zsh. It exports KRUNCHWRAPPER_ENV, which selects asynclog's defaults,
# and nothing else. It defines no other variable, no function, and changes no option of
# the shell, so it can be sourced any number of times. It refuses any other word with
# status 1.

# A script that is executed cannot set a variable of the shell that started it.
if [ -n "${ZSH_VERSION:-}" ]; then
	case "${ZSH_EVAL_CONTEXT:-}" in
	*:file) ;;
	*)
		printf '%s\n' 'setup_environment.sh: this script sets a variable of your shell, so it must be sourced:' \
			'  source ./setup_environment.sh development|production' >&2
		exit 1
		;;
	esac
elif [ -n "${BASH_VERSION:-}" ]; then
	if ! (return 0 2>/dev/null); then
		printf '%s\n' 'setup_environment.sh: this script sets a variable of your shell, so it must be sourced:' \
			'  source ./setup_environment.sh development|production' >&2
		exit 1
	fi
else
	# Other shells cannot give a sourced file an argument.
	printf '%s\n' 'setup_environment.sh: for bash and zsh; here, use' \
		'  export KRUNCHWRAPPER_ENV=development' >&2
	return 1 2>/dev/null || exit 1
fi

# Every test is in an if, so that none ends a shell with "set -e".
if [ "$#" -ne 1 ] || { [ "$1" != development ] && [ "$1" != production ]; }; then
	printf '%s\n' "setup_environment.sh: development or production, not '$*'; nothing was changed" >&2
	return 1
fi

export KRUNCHWRAPPER_ENV="$1"
if [ "$1" = development ]; then
	printf '%s\n' 'KRUNCHWRAPPER_ENV=development: by default, minimum level DEBUG, queue size 20000'
else
	printf '%s\n' 'KRUNCHWRAPPER_ENV=production: by default, minimum level INFO, queue size 50000'
fi
if [ -n "${KRUNCHWRAPPER_LOG_LEVEL:-}" ]; then
	printf '%s\n' "but KRUNCHWRAPPER_LOG_LEVEL=$KRUNCHWRAPPER_LOG_LEVEL is set, and decides the minimum level"
fi
if [ -n "${ASYNC_LOG_QUEUE_SIZE:-}" ]; then
	printf '%s\n' "but ASYNC_LOG_QUEUE_SIZE=$ASYNC_LOG_QUEUE_SIZE is set, and decides the queue size"
elif [ -n "${OTEL_BLRP_MAX_QUEUE_SIZE:-}" ]; then
	printf '%s\n' "but OTEL_BLRP_MAX_QUEUE_SIZE=$OTEL_BLRP_MAX_QUEUE_SIZE is set, and decides the queue size"
fi
