package otlp_test

import (
	"cmp"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logpb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // understood by the server
	"google.golang.org/protobuf/proto"
)

// receiver decodes the requests of both protocols with the generated code.
type receiver struct {
	collogpb.UnimplementedLogsServiceServer
	httpURL, grpcURL string
	requests         chan *collogpb.ExportLogsServiceRequest

	// What gRPC answers, if one of them is set.
	answer *collogpb.ExportLogsServiceResponse
	err    error
}

func newReceiver(tb testing.TB) *receiver {
	tb.Helper()
	r := &receiver{requests: make(chan *collogpb.ExportLogsServiceRequest, 1)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var body io.Reader = req.Body
		if req.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			body = z
		}
		b, err := io.ReadAll(body)
		var request collogpb.ExportLogsServiceRequest
		if err == nil {
			err = proto.Unmarshal(b, &request)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.requests <- &request
	}))
	tb.Cleanup(server.Close)
	r.httpURL = server.URL

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	r.grpcURL = "http://" + listener.Addr().String()
	g := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	collogpb.RegisterLogsServiceServer(g, r)
	go func() { _ = g.Serve(listener) }()
	tb.Cleanup(g.Stop)
	return r
}

// Export is the gRPC service.
func (r *receiver) Export(_ context.Context, request *collogpb.ExportLogsServiceRequest) (*collogpb.ExportLogsServiceResponse, error) {
	if r.answer != nil || r.err != nil {
		return r.answer, r.err
	}
	r.requests <- request
	return &collogpb.ExportLogsServiceResponse{}, nil
}

// normalize puts a request into an order that does not depend on the exporter: theirs
// lists resources in the order of a map. Records keep theirs. Keys of nested maps are
// sorted.
func normalize(request *collogpb.ExportLogsServiceRequest) {
	for _, rl := range request.ResourceLogs {
		for _, sl := range rl.ScopeLogs {
			for _, r := range sl.LogRecords {
				sortKeys(r.Body)
				for _, kv := range r.Attributes {
					sortKeys(kv.Value)
				}
			}
		}
		slices.SortFunc(rl.ScopeLogs, func(a, b *logpb.ScopeLogs) int {
			return cmp.Or(strings.Compare(a.Scope.String(), b.Scope.String()), strings.Compare(a.SchemaUrl, b.SchemaUrl))
		})
	}
	slices.SortFunc(request.ResourceLogs, func(a, b *logpb.ResourceLogs) int {
		return cmp.Or(strings.Compare(a.Resource.String(), b.Resource.String()), strings.Compare(a.SchemaUrl, b.SchemaUrl))
	})
}

func sortKeys(v *commonpb.AnyValue) {
	for _, e := range v.GetArrayValue().GetValues() {
		sortKeys(e)
	}
	pairs := v.GetKvlistValue().GetValues()
	for _, kv := range pairs {
		sortKeys(kv.Value)
	}
	slices.SortStableFunc(pairs, func(a, b *commonpb.KeyValue) int { return strings.Compare(a.Key, b.Key) })
}

// difference returns the first pair of records, resources or scopes that differ.
func difference(a, b *collogpb.ExportLogsServiceRequest) string {
	if len(a.ResourceLogs) != len(b.ResourceLogs) {
		return "the number of resources"
	}
	for i, x := range a.ResourceLogs {
		y := b.ResourceLogs[i]
		if !proto.Equal(x.Resource, y.Resource) || x.SchemaUrl != y.SchemaUrl || len(x.ScopeLogs) != len(y.ScopeLogs) {
			return "resource\n" + x.Resource.String() + "\n" + y.Resource.String()
		}
		for j, s := range x.ScopeLogs {
			t := y.ScopeLogs[j]
			if !proto.Equal(s.Scope, t.Scope) || s.SchemaUrl != t.SchemaUrl || len(s.LogRecords) != len(t.LogRecords) {
				return "scope\n" + s.Scope.String() + "\n" + t.Scope.String()
			}
			for k, r := range s.LogRecords {
				if q := t.LogRecords[k]; !proto.Equal(r, q) {
					return "record\n" + r.String() + "\n" + q.String()
				}
			}
		}
	}
	return ""
}
