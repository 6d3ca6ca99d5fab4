package value_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net"
	"reflect"
	"time"
	"unsafe"
)

// typeGenerator makes types and values of them.
type typeGenerator struct{ generator }

// namedKind makes typ choose one of the namedTypes.
const namedKind = 1

func (g *typeGenerator) of(types []reflect.Type) reflect.Type {
	return types[int(g.next())%len(types)]
}

func (g *typeGenerator) typ(depth int) reflect.Type {
	choice := g.next() % 8
	if depth > 3 {
		choice %= 2
	}
	switch choice {
	case namedKind:
		return g.of(namedTypes)
	case 2:
		return reflect.PointerTo(g.typ(depth + 1))
	case 3:
		return reflect.SliceOf(g.typ(depth + 1))
	case 4:
		return reflect.ArrayOf(int(g.next()%3), g.typ(depth+1))
	case 5:
		return reflect.MapOf(g.of(keyTypes), g.typ(depth+1))
	case 6, 7:
		return g.structType(depth)
	default:
		return g.of(plainTypes)
	}
}

func (g *typeGenerator) structType(depth int) (t reflect.Type) {
	fields := make([]reflect.StructField, g.next()%5)
	for i := range fields {
		f := &fields[i]
		f.Name, f.Type, f.Tag = fmt.Sprint("F", i), g.typ(depth+1), fieldTags[int(g.next())%len(fieldTags)]
		switch k := f.Type.Kind(); g.next() % 8 {
		case 0:
			f.Name, f.PkgPath = fmt.Sprint("f", i), "example.com/x"
		case 1, 2:
			f.Anonymous = k == reflect.Struct && f.Type.NumMethod() == 0 && reflect.PointerTo(f.Type).NumMethod() == 0
		}
	}
	defer func() {
		if recover() != nil { // reflect cannot embed all types
			t = reflect.TypeFor[Ambiguous]()
		}
	}()
	return reflect.StructOf(fields)
}

func (g *typeGenerator) value(t reflect.Type, depth int) reflect.Value {
	v := reflect.New(t).Elem()
	g.fill(v, depth)
	return v
}

func (g *typeGenerator) fill(v reflect.Value, depth int) {
	switch p := v.Addr().Interface().(type) {
	case *json.Number:
		*p = json.Number([]string{"", "0", "-1", "1.5", "1e3", "123456789012345678901", "-0", "1e400", "x"}[g.next()%9])
		return
	case *json.RawMessage:
		*p = [][]byte{nil, []byte(`null`), []byte(` {"a":[1,"<",1e2]} `), []byte(`"x"`), []byte(`1 2`), []byte(`{`), []byte("[[],{}]")}[g.next()%7]
		return
	case *time.Time:
		*p = time.Unix(int64(g.next())<<26, int64(g.next())).In([]*time.Location{time.UTC, time.FixedZone("", 3600)}[g.next()%2])
		return
	case **big.Int:
		*p = big.NewInt(int64(g.uint64()))
		return
	case *net.IP:
		*p = []net.IP{nil, net.IPv4(127, 0, 0, 1), net.IPv6loopback, {1}}[g.next()%4]
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(g.next()%2 == 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(g.number()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(g.number())
	case reflect.Float32, reflect.Float64:
		v.SetFloat([]float64{0, math.Copysign(0, -1), 0.1, 1e21, 1e-7, -3.5, 16777217, 1e10, 3.4e38, float64(g.next())}[g.next()%10])
	case reflect.String:
		v.SetString([]string{"", "a", "<&>", "\"\\\n", "é\u2028", "a\xff\xfeb", "€\xe2\x82", "12", "a:b"}[g.next()%9])
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		if depth < 6 && g.next()%4 > 0 {
			g.fillReference(v, depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			g.fill(v.Index(i), depth+1)
		}
	case reflect.Struct:
		g.fillStruct(v, depth)
	}
}

func (g *typeGenerator) number() uint64 {
	n := g.next()
	if n == 255 {
		return g.uint64()
	}
	return uint64(n % 8)
}

func (g *typeGenerator) fillStruct(v reflect.Value, depth int) {
	if s, ok := reflect.TypeAssert[*secret](v.Addr()); ok {
		s.Secret = hidden
		return
	}
	for i := range v.NumField() {
		f := v.Field(i)
		if !f.CanSet() && v.Type().Field(i).Anonymous { // an embedded struct of an unexported type
			f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
		}
		if f.CanSet() {
			g.fill(f, depth+1)
		}
	}
}

func (g *typeGenerator) fillReference(v reflect.Value, depth int) {
	switch t := v.Type(); t.Kind() {
	case reflect.Pointer:
		p := reflect.New(t.Elem())
		g.fill(p.Elem(), depth)
		v.Set(p.Convert(t))
	case reflect.Slice:
		for range g.next() % 4 {
			v.Set(reflect.Append(v, g.value(t.Elem(), depth)))
		}
		if v.IsNil() {
			v.Set(reflect.MakeSlice(t, 0, 0))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		for range g.next() % 4 {
			setMember(v, g.value(t.Key(), depth), g.value(t.Elem(), depth))
		}
	default:
		if t.NumMethod() == 0 {
			v.Set(g.value(g.typ(depth), depth))
			return
		}
		if i := reflect.ValueOf(implementors[int(g.next())%len(implementors)]); i.Type().Implements(t) {
			v.Set(i)
		}
	}
}

// setMember does nothing if the key contains what cannot be part of a key.
// Comparable does not report that of empty arrays.
func setMember(m, key, v reflect.Value) {
	defer func() { _ = recover() }()
	m.SetMapIndex(key, v)
}
