// Package envconfig loads the configuration of the log pipeline from options in the
// code, environment variables and a configuration file. A profile for development or for
// production has the defaults.
//
//	config, err := envconfig.Load()
//	if err != nil {
//		return err // all mistakes, those in the file with line and column
//	}
//	p := processor.New(exporter, config.ProcessorOptions()...)
//
// A printed [Config] is a table of the values and their sources.
//
// # Precedence
//
// For each value the first of these sources that has it decides:
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
//	ASYNC_LOG_QUEUE_SIZE                the size of the queue, in records; it beats
//	OTEL_BLRP_MAX_QUEUE_SIZE            the same
//	OTEL_BLRP_MAX_EXPORT_BATCH_SIZE     the largest number of records in one export
//	OTEL_BLRP_SCHEDULE_DELAY            the longest wait for a full batch, in ms
//	OTEL_BLRP_EXPORT_TIMEOUT            the timeout of an export, in ms
//
// An empty variable counts as unset. Words may be in upper or lower case. true may be
// written as 1, yes or on, and false as 0, no or off. Blanks around a value are ignored,
// except in the OTEL_ variables, which are read exactly as OpenTelemetry's SDK reads
// them. A value that cannot be used is reported once to otel.Handle and ignored, as
// OpenTelemetry's specification requires. [Config].Sources shows it.
//
// # The environment
//
// An option or KRUNCHWRAPPER_ENV decides, if it is set. Otherwise each of these makes
// the environment development:
//
//   - the variable DEBUG is true. A value for another program, as in
//     DEBUG=express:*, is not a mistake;
//   - --debug among the arguments before "--", also as -debug and --debug=true;
//   - a level of DEBUG or below, from an option or a variable.
//
// Without any of them it is production. The profiles differ in two values: in
// development the minimum level is DEBUG and the queue holds 20,000 records, in
// production INFO and 50,000. Both export in the background, log phases, and have
// OpenTelemetry's defaults: batches of 512, an interval of one second, a timeout of 30
// seconds.
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
//	      "queue_size": 10000,       // the size of the queue, in records
//	      "batch_size": 50,          // the largest number of records in one export
//	      "worker_timeout": 0.1,     // the longest wait for a full batch, in seconds
//	    },
//	  },
//	}
//
// All keys may be left out. Keys outside "logging" belong to other programs. But if
// "logging" is missing, a key that differs from it in its case or by one letter is an
// error. Below "logging", unknown keys, duplicate keys and invalid values are errors: the
// author of a mistake in a file should find it, not the operator who misses the records.
//
// The path of the file comes from [WithFile], else from KRUNCHWRAPPER_CONFIG, else it is
// config/config.jsonc in the working directory if that file exists. A named file that
// cannot be read is an error, even if the variable names it. In this the package departs
// from OpenTelemetry's rule, because going on without the file would silently undo
// everything in it.
package envconfig
