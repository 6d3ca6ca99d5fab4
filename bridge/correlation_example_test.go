package bridge_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/processor"
)

// One ID leads from a request through the logs of a service to the service behind it.
func ExampleMiddleware() {
	provider := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(bridge.NewLogProcessor()),
		sdklog.WithProcessor(processor.New(printer{})),
	)
	logger := slog.New(bridge.NewHandler("shop", bridge.WithLoggerProvider(provider)))

	back := httptest.NewServer(bridge.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		logger.WithGroup("db").InfoContext(r.Context(), "queried", "rows", 3)
	})))
	defer back.Close()

	client := http.Client{Transport: bridge.NewTransport(nil)}
	front := httptest.NewServer(bridge.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		logger.InfoContext(r.Context(), "asked")
		call, err := http.NewRequestWithContext(r.Context(), http.MethodGet, back.URL, http.NoBody)
		if err != nil {
			return
		}
		if resp, err := client.Do(call); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})))
	defer front.Close()

	r, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, front.URL, http.NoBody)
	r.Header.Set("X-Correlation-ID", "req-7f3a")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	_ = provider.Shutdown(context.Background())
	fmt.Println("answered", resp.Header.Get("X-Correlation-ID"))

	// Output:
	// INFO asked correlation.id=req-7f3a
	// INFO queried db={"rows":3} correlation.id=req-7f3a
	// answered req-7f3a
}

// Work that does not begin with an HTTP request gets an ID too.
func ExampleNewCorrelationID() {
	handle := func(ctx context.Context, given string) context.Context {
		if !bridge.ValidCorrelationID(given) {
			given = bridge.NewCorrelationID(ctx)
		}
		return bridge.ContextWithCorrelationID(ctx, given)
	}
	ctx := handle(context.Background(), "job-12")
	fmt.Println(bridge.CorrelationIDFromContext(ctx))
	ctx = handle(context.Background(), "<script>")
	fmt.Println(len(bridge.CorrelationIDFromContext(ctx)), "hexadecimal digits")

	// Output:
	// job-12
	// 32 hexadecimal digits
}
