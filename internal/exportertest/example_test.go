package exportertest_test

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func Example() {
	ctx := context.Background()
	exp := exportertest.New()
	exp.FailNext(1, errors.New("connection refused"))

	for _, body := range []string{"first", "second"} {
		err := exp.Export(ctx, []sdklog.Record{exportertest.Record(log.SeverityInfo, body)})
		fmt.Println(body, err)
	}
	fmt.Println("taken:", exp.Bodies(), "attempts:", len(exp.Attempted()))
	// Output:
	// first connection refused
	// second <nil>
	// taken: [second] attempts: 2
}
