// Package envconfig loads the configuration of the log pipeline: from options
// in the code, from environment variables, from a configuration file, and for
// what none of them sets, from a profile for development or for production.
//
//	config, err := envconfig.Load()
//	if err != nil {
//		return err // all that is wrong, each with its line and column
//	}
//	p := processor.New(exporter, config.ProcessorOptions()...)
//
// Printed, the [Config] is a table of the values and of where each came from.
//
// # Precedence
//
// For each value the first of these that says something decides:
//
//  1. an option of [Load];
//  2. an environment variable;
//  3. the configuration file;
//  4. the profile of the environment.
//
// # Environment variables
//
//	KRUNCHWRAPPER_ENV                   development or production
//	KRUNCHWRAPPER_CONFIG                the path of the configuration file
//	KRUNCHWRAPPER_LOG_LEVEL             the minimum level, see ParseLevel
//	KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING  false: export while the log call waits
//	KRUNCHWRAPPER_VERBOSE               false: phases are not logged
//	ASYNC_LOG_QUEUE_SIZE                how many records can be queued; before
//	OTEL_BLRP_MAX_QUEUE_SIZE            the same
//	OTEL_BLRP_MAX_EXPORT_BATCH_SIZE     how many records are exported in one call
//	OTEL_BLRP_SCHEDULE_DELAY            how long a record waits for others, in ms
//	OTEL_BLRP_EXPORT_TIMEOUT            how long an export may take, in ms
//
// A variable that is empty counts as unset. Words may be in upper or lower case,
// and true and false may be written as 1, yes, on and 0, no, off. Blanks around a
// value do not matter, except in the OTEL_ variables, which are read exactly as
// OpenTelemetry's SDK reads them. A value that cannot be used is reported once to
// otel.Handle and ignored, as OpenTelemetry's specification asks for;
// [Config].Sources shows it.
//
// # The environment
//
// An option or KRUNCHWRAPPER_ENV decides, if there is one. Otherwise each of
// these makes it development:
//
//   - the variable DEBUG is true. What other programs put there, as in
//     DEBUG=express:*, is no mistake;
//   - --debug among the arguments before "--", also as -debug and --debug=true;
//   - a level of DEBUG or below, by option or by variable.
//
// Without any of them it is production. The profiles differ in two things: in
// development the minimum level is DEBUG and the queue takes 20,000 records, in
// production INFO and 50,000. Both export in the background, log phases, and
// have OpenTelemetry's defaults: batches of 512, an interval of one second, a
// timeout of 30.
//
// # The configuration file
//
// JSON with comments and trailing commas, in UTF-8, at most 1 MiB:
//
//	{
//	  "logging": {
//	    "verbose_logging": true,     // false: phases are not logged
//	    "async_logging": {
//	      "enabled": true,           // false: export while the log call waits
//	      "queue_size": 10000,       // how many records can be queued
//	      "batch_size": 50,          // how many records are exported in one call
//	      "worker_timeout": 0.1,     // how long a record waits for others, in seconds
//	    },
//	  },
//	}
//
// All keys may be left out. Keys outside "logging" belong to other programs; but
// where "logging" is missing, a key that differs from it in its case or by one
// letter is an error. Below "logging" an unknown key, one given twice, and a value
// that is not allowed are errors: a mistake in a file should be found by whoever
// made it, not by whoever misses the records.
//
// The file is the one that [WithFile] names, else the one that KRUNCHWRAPPER_CONFIG
// names, else config/config.jsonc in the working directory if it exists. A file
// that is named and cannot be read is an error, even if the variable names it. In
// this the package departs from OpenTelemetry's rule, because going on without the
// file would silently undo everything in it.
package envconfig
