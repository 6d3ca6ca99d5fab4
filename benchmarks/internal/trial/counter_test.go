package trial

import (
	"context"
	"sync/atomic"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
)

// counter is an OTLP receiver that counts records.
type counter struct {
	collogs.UnimplementedLogsServiceServer

	n atomic.Uint64
}

func (c *counter) Export(_ context.Context, r *collogs.ExportLogsServiceRequest) (*collogs.ExportLogsServiceResponse, error) {
	for _, resource := range r.GetResourceLogs() {
		for _, scope := range resource.GetScopeLogs() {
			c.n.Add(uint64(len(scope.GetLogRecords())))
		}
	}
	return &collogs.ExportLogsServiceResponse{}, nil
}
