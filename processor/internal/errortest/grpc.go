package errortest

import "time"

// GRPCError is an error of gRPC, as far as its methods show.
type GRPCError struct{ status *GRPCStatus }

func (e *GRPCError) Error() string { return "rpc error" }

// GRPCStatus returns the status.
func (e *GRPCError) GRPCStatus() *GRPCStatus { return e.status }

// GRPCStatus is what an error of gRPC stands for.
type GRPCStatus struct {
	code    GRPCCode
	details []any
}

// GRPCCode is the code of a status.
type GRPCCode uint32

// Code returns the code.
func (s *GRPCStatus) Code() GRPCCode { return s.code }

// Details returns the details, such as a RetryInfo.
func (s *GRPCStatus) Details() []any { return s.details }

// GRPC returns an error with a gRPC status.
func GRPC(code GRPCCode, details ...any) error {
	return &GRPCError{&GRPCStatus{code, details}}
}

// RetryInfo is the detail of a status that asks to wait.
type RetryInfo struct{ Delay time.Duration }

// GetRetryDelay returns how long to wait.
func (i *RetryInfo) GetRetryDelay() Duration { return Duration{i.Delay} }

// Duration is a duration as protobuf has it.
type Duration struct{ d time.Duration }

// AsDuration returns the duration.
func (d Duration) AsDuration() time.Duration { return d.d }
