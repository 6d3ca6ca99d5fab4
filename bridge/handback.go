package bridge

import (
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// shareTrailer makes the trailers of a chunked request visible in a copy of it. If none
// was announced, net/http stores them in a new map of the request that it made, unless
// that has a map. Nothing else uses the request at this time: its body can have only one
// reader.
func shareTrailer(r *http.Request) {
	if r.Trailer == nil && len(r.TransferEncoding) > 0 {
		r.Trailer = http.Header{}
	}
}

// handBack sets the fields of a request that a handler has set on its copy. The given
// header is the one that the copy had at first.
//
// It writes only what has changed. A field that no handler sets can therefore be read by
// other goroutines meanwhile, as without a copy. Fields that are for clients only are not
// handed back.
func (m *middleware) handBack(to, from *http.Request, given http.Header) {
	set(&to.Method, from.Method)
	set(&to.URL, from.URL)
	set(&to.Proto, from.Proto)
	set(&to.ProtoMajor, from.ProtoMajor)
	set(&to.ProtoMinor, from.ProtoMinor)
	switch {
	case !sameMap(given, from.Header):
		to.Header = from.Header
	case !sameMap(given, to.Header):
		m.handBackHeader(to.Header, from.Header)
	}
	if !sameBody(to.Body, from.Body) {
		to.Body = from.Body
	}
	set(&to.ContentLength, from.ContentLength)
	if !slices.Equal(to.TransferEncoding, from.TransferEncoding) {
		to.TransferEncoding = from.TransferEncoding
	}
	set(&to.Close, from.Close)
	set(&to.Host, from.Host)
	setMap(&to.Form, from.Form)
	setMap(&to.PostForm, from.PostForm)
	set(&to.MultipartForm, from.MultipartForm)
	setMap(&to.Trailer, from.Trailer)
	set(&to.RemoteAddr, from.RemoteAddr)
	set(&to.RequestURI, from.RequestURI)
	set(&to.TLS, from.TLS)
	if to.Pattern != from.Pattern {
		to.Pattern = from.Pattern
		handBackPathValues(to, from)
	}
}

// handBackHeader makes the changes in the request's headers that a handler has made in
// their cleaned copy. Otherwise a client could hide what handlers note there, such as the
// user's name, from an outer handler by sending an invalid ID.
func (m *middleware) handBackHeader(to, cleaned http.Header) {
	for name, values := range cleaned {
		if !slices.Contains(m.headers, name) && !slices.Equal(to[name], values) {
			to[name] = values
		}
	}
	for name := range to {
		if _, ok := cleaned[name]; !ok && !slices.Contains(m.headers, name) {
			delete(to, name)
		}
	}
}

// handBackPathValues sets the values of the wildcards in the pattern. The request has no
// list of the names that have values.
func handBackPathValues(to, from *http.Request) {
	for rest := from.Pattern; ; {
		_, after, found := strings.Cut(rest, "{")
		if !found {
			return
		}
		name := after
		if end := strings.IndexAny(name, ".:}"); end >= 0 { // {name}, {name...}, and {name:expression} of chi
			name = name[:end]
		}
		if value := from.PathValue(name); value != to.PathValue(name) {
			to.SetPathValue(name, value)
		}
		rest = after
	}
}

func set[T comparable](to *T, from T) {
	if *to != from {
		*to = from
	}
}

func setMap[M ~map[string][]string](to *M, from M) {
	if !sameMap(*to, from) {
		*to = from
	}
}

// sameMap reports whether both are one map, so that a change of one is one of the other.
func sameMap[M ~map[string][]string](a, b M) bool {
	return reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer()
}

// sameBody reports whether both are one body. It returns false if the bodies are of a type
// that cannot be compared.
func sameBody(a, b io.ReadCloser) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}
