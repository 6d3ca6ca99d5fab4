// Package otlp encodes log records as OTLP and sends them to a receiver, such as the
// OpenTelemetry Collector, over HTTP or gRPC.
//
//	exporter, err := otlp.New(ctx, otlp.WithEndpointURL("https://collector:4318/v1/logs"))
//
// [Exporter] is an exporter for any log processor. The processor of this module
// recognises it as an [EncodedExporter]: it encodes every record once, when it is
// emitted, keeps the bytes in its queue and has them sent as they lie. With any other
// processor it works like OpenTelemetry's own exporters, whose options and variables
// it has: to switch from otlploghttp or otlploggrpc is to change the import, and to
// name the protocol.
//
// # Configuration
//
// An option counts more than an environment variable, the variable for logs more than
// the one for all signals, and any of them more than the default:
//
//	option               variable OTEL_EXPORTER_OTLP_[LOGS_]…    default
//	WithProtocol         PROTOCOL: http/protobuf, grpc           http/protobuf
//	WithEndpoint,        ENDPOINT: a URL, http or https          http://localhost:4318
//	WithEndpointURL                                              (4317 for gRPC)
//	WithURLPath          the URL's path                          /v1/logs
//	WithInsecure         the URL's scheme, INSECURE              TLS, but for localhost as above
//	WithHeaders          HEADERS: name=value,…                   none
//	WithTimeout          TIMEOUT, in milliseconds                10 s an attempt
//	WithCompression      COMPRESSION: gzip, none                 none
//	WithTLSClientConfig  CERTIFICATE, CLIENT_CERTIFICATE,        the system's
//	                     CLIENT_KEY: files in PEM
//	WithProxy            HTTPS_PROXY, HTTP_PROXY, NO_PROXY       none
//	WithRetry                                                    5 s, 30 s, 1 min
//	WithHTTPClient                                               one of its own
//
// OTEL_EXPORTER_OTLP_ENDPOINT gets /v1/logs appended, as it is for all signals;
// OTEL_EXPORTER_OTLP_LOGS_ENDPOINT is used as it is. Over gRPC the path is fixed.
//
// What is wrong is an error of [New], not a warning: a guess would send logs elsewhere.
// It names the option or variable, the value and what is allowed. Not supported are
// http/json, unix sockets, and resolver targets such as dns:///host. Headers are not
// shown, and where a receiver sends one back, it is taken out of the error.
//
// # What is sent
//
// The records are those that OpenTelemetry's exporters send, field by field; a test
// compares them. [AppendRecord] says what it mends: text that is not UTF-8, and
// repeated keys. A request of more than 64 MiB is not sent.
//
// # Answers
//
// The error of an export says what came of the records, and is made so that processors
// know what to do:
//
//	nil                   all were accepted
//	PartialSuccess        some were rejected; nothing is sent again
//	*HTTPError            429, 502, 503 and 504 may be tried again
//	*GRPCError            CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE,
//	                      UNAVAILABLE and DATA_LOSS may be tried again, and
//	                      RESOURCE_EXHAUSTED if it has a RetryInfo
//	the context's error   the time was up; the records may have arrived
//	any other             there was no answer; they may have arrived
//
// How long the receiver asks to wait, in Retry-After or RetryInfo, is in the error.
// A gRPC call that ends without a status is no success. An HTTP answer is one by its
// status alone: if the rest of it cannot be read, that is a PartialSuccess with no
// record rejected.
//
// # Who tries again
//
// The processor, if it hands over encoded batches: ExportEncoded makes one attempt.
// Export, which other processors call, tries again itself, as [WithRetry] says. After
// an answer or a failure that allows it the next attempt uses a new connection, since
// the old one may be pinned to the one machine of several that fails.
//
// # Reading records
//
// [ReadRecord] and [Records] read encoded records again, without generated code and
// without an allocation: for a console, for a fallback, for an exporter of one's own.
// They take any bytes, and return an error for those that are damaged.
package otlp
