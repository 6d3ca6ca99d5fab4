package bridge

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

func (c *converter) mapping(rv reflect.Value, depth int) attribute.Value {
	total := rv.Len()
	if total > 0 && depth == 0 {
		return c.tooDeep(rv.Type())
	}
	type member struct {
		key   string
		value reflect.Value
	}
	members := make([]member, 0, min(total, maxMembers))
	for i := rv.MapRange(); i.Next() && !c.full(len(members)); {
		members = append(members, member{c.keyText(i.Key()), i.Value()})
	}
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })

	kvs := make([]attribute.KeyValue, 0, len(members)+1)
	same := 1
	for i, m := range members {
		if c.full(i) {
			break
		}
		// Keys of different types may have the same text, and none may be lost.
		if same++; i == 0 || m.key != members[i-1].key {
			same = 1
		}
		if same > 1 {
			m.key += "#" + strconv.Itoa(same)
		}
		kvs = append(kvs, attribute.KeyValue{Key: c.key(m.key), Value: c.value(m.value, depth-1)})
	}
	return c.members(kvs, total)
}

// keyText is what encoding/json does, except that it takes keys of any type.
func (c *converter) keyText(k reflect.Value) string {
	if k.Kind() == reflect.Interface {
		k = k.Elem()
	}
	if k.Kind() == reflect.String {
		return k.String()
	}
	return c.value(k, 1).String()
}

// members makes a map of what was kept, and says so if that is not all.
func (*converter) members(kvs []attribute.KeyValue, total int) attribute.Value {
	if len(kvs) < total {
		kvs = append(kvs, attribute.String("…", fmt.Sprintf("(cut, %d members)", total)))
	}
	return attribute.MapValue(kvs...)
}

// full tells whether a collection that has so many members can have no more.
func (c *converter) full(n int) bool { return n >= maxMembers || c.values <= 0 || c.bytes <= 0 }
