package envconfig

// The environment variables. Those of OpenTelemetry are named in internal/env.
const (
	varEnvironment = "KRUNCHWRAPPER_ENV"
	varDebug       = "DEBUG"
	varConfig      = "KRUNCHWRAPPER_CONFIG"
	varLevel       = "KRUNCHWRAPPER_LOG_LEVEL"
	varAsync       = "KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING"
	varVerbose     = "KRUNCHWRAPPER_VERBOSE"
	varQueueSize   = "ASYNC_LOG_QUEUE_SIZE"
)

// The keys of the configuration file, and the objects they stand in.
const (
	keyLogging    = "logging"
	keyVerbose    = "verbose_logging"
	keyAsync      = "async_logging"
	keyEnabled    = "enabled"
	keyQueueSize  = "queue_size"
	keyBatchSize  = "batch_size"
	keyWorkerTime = "worker_timeout"
)

// defaultFile is read if it exists and no other file is named.
const defaultFile = "config/config.jsonc"
