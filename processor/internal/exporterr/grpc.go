package exporterr

import (
	"reflect"
	"time"
)

// The gRPC status codes that matter here, from gRPC's documentation, "Status codes and
// their use in gRPC".
const (
	grpcOK                = 0
	grpcCanceled          = 1
	grpcInvalidArgument   = 3
	grpcDeadlineExceeded  = 4
	grpcResourceExhausted = 8
	grpcAborted           = 10
	grpcOutOfRange        = 11
	grpcInternal          = 13
	grpcUnavailable       = 14
	grpcDataLoss          = 15
)

// grpcClass classifies an error that stands for a gRPC status. It follows the table in
// OTLP's specification, "OTLP/gRPC Response": what the table does not call retryable must
// not be sent again, UNKNOWN included. This package does not depend on gRPC, so it finds
// the status by its methods.
func grpcClass(err error) (class Class, hint time.Duration, ok bool) {
	status, ok := callOne(reflect.ValueOf(err).MethodByName("GRPCStatus"))
	if !ok || status.Kind() == reflect.Pointer && status.IsNil() {
		return Unknown, 0, false
	}
	c, ok := callOne(status.MethodByName("Code"))
	if !ok || !c.CanUint() || c.Uint() == grpcOK {
		return Unknown, 0, false
	}
	hint, asked := retryInfo(status)
	switch c.Uint() {
	case grpcCanceled, grpcDeadlineExceeded, grpcAborted, grpcOutOfRange, grpcUnavailable, grpcDataLoss:
		return Transient, hint, true
	case grpcResourceExhausted:
		if asked {
			return Transient, hint, true
		}
		return Poisoned, 0, true
	case grpcInvalidArgument, grpcInternal:
		return Poisoned, 0, true
	default:
		return Permanent, 0, true
	}
}

// retryInfo returns how long the receiver asks to wait, if the status has a RetryInfo.
func retryInfo(status reflect.Value) (time.Duration, bool) {
	s, ok := reflect.TypeAssert[interface{ Details() []any }](status)
	if !ok {
		return 0, false
	}
	for _, detail := range s.Details() {
		if detail == nil {
			continue
		}
		delay, ok := callOne(reflect.ValueOf(detail).MethodByName("GetRetryDelay"))
		if !ok {
			continue
		}
		if d, ok := reflect.TypeAssert[interface{ AsDuration() time.Duration }](delay); ok {
			return d.AsDuration(), true
		}
	}
	return 0, false
}

// callOne calls a method that has no parameters and one result. It reports whether the
// method is such a method.
func callOne(method reflect.Value) (reflect.Value, bool) {
	if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 1 {
		return reflect.Value{}, false
	}
	return method.Call(nil)[0], true
}
