package processor

import (
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor/internal/size"
)

// fits tells whether records are so far below the limit, together, that there is no
// need to look closely. Most batches are, and looking closely takes three times as long,
// for each record. It reckons that every record has a resource and a scope of its own.
func (s *sizer) fits(recs []sdklog.Record, limit int) bool {
	sum := 0
	for i := range recs {
		r := &recs[i]
		if res := r.Resource(); res != s.resource {
			s.resource, s.resourceSize = res, resourceSize(res)
		}
		scope := r.InstrumentationScope()
		if scope.Attributes != s.scope.Attributes {
			s.scope, s.scopeSize = scope, scopeSize(&scope)
		}
		sum += size.AtMost(r) + s.resourceSize + s.scopeSize + 4*message +
			size.TextAtMost(scope.Name) + size.TextAtMost(scope.Version) + size.TextAtMost(scope.SchemaURL)
		if sum > limit {
			return false
		}
	}
	return true
}
