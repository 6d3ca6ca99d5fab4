package bridge

import (
	"log/slog"
	"reflect"

	"go.opentelemetry.io/otel/attribute"
)

func (c *converter) attributes(attrs []attribute.KeyValue, depth int) attribute.Value {
	if len(attrs) > 0 && depth == 0 {
		return c.tooDeep(reflect.TypeOf(attrs))
	}
	kvs := make([]attribute.KeyValue, 0, min(len(attrs), maxMembers)+1)
	for _, kv := range attrs {
		if c.full(len(kvs)) {
			break
		}
		kvs = append(kvs, attribute.KeyValue{Key: c.key(string(kv.Key)), Value: c.convert(kv.Value.AsInterface(), depth-1)})
	}
	return c.members(kvs, len(attrs))
}

// slogAttrs takes over slog's rules: an empty attribute is none, and a group
// without a name gives its attributes to the one it is in.
func (c *converter) slogAttrs(attrs []slog.Attr, depth int) attribute.Value {
	if len(attrs) > 0 && depth == 0 {
		return c.tooDeep(reflect.TypeOf(attrs))
	}
	var flat []slog.Attr
	total := c.flatten(&flat, attrs)
	kvs := make([]attribute.KeyValue, 0, len(flat)+1)
	for _, a := range flat {
		if c.full(len(kvs)) {
			break
		}
		kvs = append(kvs, attribute.KeyValue{Key: c.key(a.Key), Value: c.convert(a.Value.Any(), depth-1)})
	}
	return c.members(kvs, total)
}

func (c *converter) flatten(flat *[]slog.Attr, attrs []slog.Attr) (total int) {
	for _, a := range attrs {
		group := a.Value.Kind() == slog.KindGroup
		switch {
		case a.Key == "" && group && c.values > 0:
			c.values--
			total += c.flatten(flat, a.Value.Group())
		case a.Key == "" && a.Value.Kind() == slog.KindAny && a.Value.Any() == nil:
		default:
			if total++; len(*flat) < maxMembers {
				*flat = append(*flat, a)
			}
		}
	}
	return total
}
