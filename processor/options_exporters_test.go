package processor

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// byValue is an exporter that is not a pointer. With a slice in more it is not
// comparable: == panics.
type byValue struct {
	discard
	name string
	more any
}

// pointerlike is an exporter whose nil pointer works.
type pointerlike struct{ discard }

func TestExportersThatAreNilOrGivenTwiceAreRefused(t *testing.T) {
	a, b := exportertest.New(), exportertest.New()
	for _, tc := range []struct {
		name    string
		first   sdklog.Exporter
		more    []sdklog.Exporter
		want    []sdklog.Exporter
		reports []string
	}{
		{"none", nil, nil, []sdklog.Exporter{discard{}}, nil},
		{"one", a, nil, []sdklog.Exporter{a}, nil},
		{"two", a, []sdklog.Exporter{b}, []sdklog.Exporter{a, b}, nil},
		{"nil first", nil, []sdklog.Exporter{a}, []sdklog.Exporter{a}, nil},
		{"only nil", nil, []sdklog.Exporter{nil}, []sdklog.Exporter{discard{}}, []string{"exporter 1 (<nil>) is not used: nil exporter"}},
		{"nil between", a, []sdklog.Exporter{nil, b}, []sdklog.Exporter{a, b}, []string{"exporter 1 (<nil>)"}},
		{"the first again", a, []sdklog.Exporter{b, a}, []sdklog.Exporter{a, b}, []string{"exporter 2 (*exportertest.Exporter) is not used: exporter given twice"}},
		{"twice among the others", a, []sdklog.Exporter{b, b, nil}, []sdklog.Exporter{a, b}, []string{"exporter 2 ", "exporter 3 "}},
		{
			"equal values are one exporter",
			byValue{name: "x"},
			[]sdklog.Exporter{byValue{name: "x"}, byValue{name: "y"}},
			[]sdklog.Exporter{byValue{name: "x"}, byValue{name: "y"}},
			[]string{"exporter 1 (processor.byValue) is not used: exporter given twice"},
		},
		{
			// A nil pointer in an interface is not nil, for the SDK neither.
			"nil pointer",
			(*pointerlike)(nil),
			[]sdklog.Exporter{(*pointerlike)(nil)},
			[]sdklog.Exporter{(*pointerlike)(nil)},
			[]string{"exporter given twice"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			errs := captureErrors(t)
			got := newConfig(tc.first, []Option{WithExporters(tc.more...)}).exporters
			if len(got) != len(tc.want) {
				t.Fatalf("%d exporters, want %d: %v", len(got), len(tc.want), got)
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Errorf("exporter %d is %v, want %v", i, got[i], tc.want[i])
				}
			}
			reports := errs.all()
			if len(reports) != len(tc.reports) {
				t.Fatalf("reports %v, want %q", reports, tc.reports)
			}
			for i, want := range tc.reports {
				if got := reports[i].Error(); !strings.Contains(got, want) || !strings.Contains(got, "WithExporters") {
					t.Errorf("report %q, want it to name WithExporters and %q", got, want)
				}
			}
		})
	}
}

// Values that are not comparable are each an exporter of its own; nothing may panic,
// whatever their order.
func TestExportersThatCannotBeComparedAreTaken(t *testing.T) {
	errs := captureErrors(t)
	uncomparable := byValue{name: "x", more: []int{1}}
	comparable := byValue{name: "x", more: 1}
	for _, exporters := range [][]sdklog.Exporter{
		{uncomparable, uncomparable, comparable},
		{comparable, uncomparable, uncomparable},
		{uncomparable, comparable, uncomparable},
	} {
		p := start(t, exporters[0], WithExporters(exporters[1:]...))
		if got := len(p.Stats().Exporters); got != 3 {
			t.Errorf("%d exporters, want 3", got)
		}
	}
	if got := errs.all(); len(got) != 0 {
		t.Errorf("reports %v, want none", got)
	}
}

func TestWithExportersAddsUpAndDoesNotShareItsSlice(t *testing.T) {
	a, b, c, d := exportertest.New(), exportertest.New(), exportertest.New(), exportertest.New()
	given := make([]sdklog.Exporter, 1, 8) // with space that a careless append would overwrite
	given[0] = b
	opt := WithExporters(given...)
	one := newConfig(a, []Option{opt, WithExporters(c)}).exporters
	two := newConfig(a, []Option{opt, WithExporters(d)}).exporters
	if len(one) != 3 || one[0] != a || one[1] != b || one[2] != c {
		t.Errorf("exporters of the first processor: %v", one)
	}
	if len(two) != 3 || two[0] != a || two[1] != b || two[2] != d {
		t.Errorf("exporters of the second processor: %v", two)
	}
}

func TestEachRecordGoesToOneExporter(t *testing.T) {
	exporters := []*exportertest.Exporter{exportertest.New(), exportertest.New(), exportertest.New()}
	p := start(t, exporters[0], WithExporters(exporters[1], exporters[2]), WithExportMaxBatchSize(7), WithMaxQueueSize(1000))
	const n = 500
	for i := range n {
		emit(p, log.SeverityInfo, body(i))
	}
	if err := p.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range exporters {
		for _, b := range e.Bodies() {
			seen[b]++
		}
	}
	for i := range n {
		if got := seen[body(i)]; got != 1 {
			t.Errorf("record %d was exported %d times", i, got)
		}
	}
}

func TestNilExporterDiscardsAndCounts(t *testing.T) {
	p := start(t, nil)
	emit(p, log.SeverityInfo, "a", "b")
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	if s := p.Stats(); s.Exported != 2 || len(s.Exporters) != 1 {
		t.Errorf("%+v, want 2 exported by 1 exporter", s)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
