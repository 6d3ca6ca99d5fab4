package processor

import "context"

// exporting marks the contexts that exporters are called with. A record that
// comes with such a context was logged by an exporter while it exported; taking
// it would make another export, another record, and so on.
type exporting struct{}

func withExporting(ctx context.Context) context.Context {
	return context.WithValue(ctx, exporting{}, true)
}

func isExporting(ctx context.Context) bool {
	return ctx != nil && ctx.Value(exporting{}) != nil
}
