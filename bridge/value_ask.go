package bridge

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// ask calls the method by which a value tells what it is, if it has one. Errors
// that can marshal themselves have more to say than Error does, as log/slog finds
// too.
func (c *converter) ask(v any, t reflect.Type, depth int) (out attribute.Value, ok bool) {
	method := ""
	defer func() {
		if r := recover(); r != nil {
			out, ok = c.panicked(method, t, r), true
		}
	}()
	switch v := v.(type) {
	case slog.LogValuer:
		method = "LogValue"
		logged := v.LogValue()
		return c.convert(logged.Any(), depth), true
	case json.Marshaler:
		method = "MarshalJSON"
		text, err := v.MarshalJSON()
		if err != nil {
			return c.failed(method, t, err), true
		}
		return c.json(text, depth), true
	case encoding.TextMarshaler:
		method = "MarshalText"
		text, err := v.MarshalText()
		if err != nil {
			return c.failed(method, t, err), true
		}
		return c.text(string(text)), true
	case error:
		method = "Error"
		return c.text(v.Error()), true
	case fmt.Stringer:
		method = "String"
		return c.text(v.String()), true
	}
	return attribute.Value{}, false
}

func (c *converter) failed(method string, t reflect.Type, err error) attribute.Value {
	return c.text(fmt.Sprintf("(%s of %v failed: %s)", method, t, panictext.Of(err)))
}

func (c *converter) panicked(method string, t reflect.Type, r any) attribute.Value {
	return c.text(panickedText(method, t, r))
}

// json takes what is too long, or no JSON, as text.
func (c *converter) json(text []byte, depth int) attribute.Value {
	if len(text) > min(maxText, c.bytes) {
		return c.text(string(text))
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return c.text(string(text))
	}
	return c.convert(v, depth)
}
