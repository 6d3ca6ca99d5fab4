package asynclog

import (
	"errors"
	"fmt"
	"reflect"
)

// nilPointers returns an error for each thing that was given as a pointer and is nil.
// In an interface such a pointer is not nil, so that nobody notices before its first
// use, on another goroutine or at the end of the program.
func (o *options) nilPointers() error {
	errs := []error{
		nilPointer("WithExporter: the exporter", o.exporter),
		nilPointer("WithOutput: the writer", o.output),
		nilPointer("WithMeterProvider: the provider", o.meterProvider),
		nilPointer("WithTracerProvider: the provider", o.tracerProvider),
	}
	for _, p := range o.processors {
		errs = append(errs, nilPointer("WithProcessor: the processor", p))
	}
	return errors.Join(errs...)
}

func nilPointer(what string, v any) error {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
		return fmt.Errorf("asynclog: %s is a nil %T", what, v)
	}
	return nil
}
