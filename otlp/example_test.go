package otlp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/otlp"
)

// The exporter works with any processor.
func ExampleNew() {
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path, r.Header.Get("Content-Type"))
	}))
	defer collector.Close()

	ctx := context.Background()
	exporter, err := otlp.New(ctx,
		otlp.WithEndpointURL(collector.URL+"/v1/logs"),
		otlp.WithCompression(otlp.GzipCompression),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))

	var record log.Record
	record.SetBody(attribute.StringValue("hello"))
	provider.Logger("example").Emit(ctx, record)

	if err := provider.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output: POST /v1/logs application/x-protobuf
}

// A bad value is an error that says what is allowed.
func ExampleNew_badValue() {
	_, err := otlp.New(context.Background(), otlp.WithEndpointURL("collector:4318"))
	fmt.Println(err)
	// Output: otlp: WithEndpointURL: "collector:4318" has no scheme: want http://host:port or https://host:port
}

// A console is an exporter that takes encoded batches and reads them.
type console struct{ w io.Writer }

func (c console) ExportEncoded(_ context.Context, b *otlp.Batch) error {
	for _, g := range b.Groups() {
		for _, frames := range g.Frames {
			for r, err := range otlp.Records(frames) {
				if err != nil {
					return err
				}
				fmt.Fprint(c.w, r.Timestamp().Format(time.TimeOnly), " ", r.SeverityText(), " ", g.Scope.Name(), ": ", r.Body().AsString())
				r.WalkAttributes(func(key string, v otlp.Value) bool {
					fmt.Fprint(c.w, " ", key, "=", v.AttributeValue().String())
					return true
				})
				fmt.Fprintln(c.w)
			}
		}
	}
	return nil
}

func (console) Export(context.Context, []sdklog.Record) error { return nil }
func (console) Shutdown(context.Context) error                { return nil }
func (console) ForceFlush(context.Context) error              { return nil }

// Anyone may implement EncodedExporter.
func ExampleEncodedExporter() {
	var exporter otlp.EncodedExporter = console{os.Stdout}

	// What a processor does: encode, collect, hand over.
	r := exampleRecord()
	arena := otlp.AppendRecord(nil, &r)
	var batch otlp.Batch
	batch.Add(
		otlp.NewResource(resource.NewSchemaless(attribute.String("service.name", "shop"))),
		otlp.NewScope(instrumentation.Scope{Name: "orders"}),
		arena, 1)
	if err := exporter.ExportEncoded(context.Background(), &batch); err != nil {
		fmt.Println(err)
	}
	// Output: 22:13:20 INFO orders: order placed id=17 items=["tea","cup"]
}

func ExampleReadRecord() {
	r := exampleRecord()
	framed := otlp.AppendRecord(nil, &r)

	record, rest, err := otlp.ReadRecord(framed)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(record.Severity(), record.Body().AsString(), len(rest))
	// Output: INFO order placed 0
}
