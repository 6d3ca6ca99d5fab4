package trial

import (
	"context"
	"strings"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/sink"
)

// destination is the destination of records: a sink in this process, or a receiver in
// another process.
type destination struct {
	pipeline func(*Spec) (*contender.Contender, error)
	acked    func() uint64
	close    func(context.Context) error
}

// LinesPrefix marks a target that accepts lines over TCP.
const LinesPrefix = "lines:"

func newDestination(ctx context.Context, s *Spec) (*destination, error) {
	none := func(context.Context) error { return nil }
	lines, isLines := strings.CutPrefix(s.Target, LinesPrefix)
	switch {
	case s.Target == "":
		end := sink.New(s.Latency)
		return &destination{
			pipeline: func(s *Spec) (*contender.Contender, error) { return pipeline(s, end) },
			acked:    end.Acked,
			close:    none,
		}, nil
	case isLines:
		end, err := sink.Dial(ctx, lines)
		if err != nil {
			return nil, err
		}
		return &destination{
			pipeline: func(s *Spec) (*contender.Contender, error) {
				return contender.New(s.Impl, contender.Config{
					Level: s.Level, Queue: s.Queue, Writer: end, Costly: true, Acked: end.Acked,
				})
			},
			acked: end.Acked,
			close: func(context.Context) error { return end.Close() },
		}, nil
	default:
		end, err := sink.NewOTLP(ctx, s.Target, max(1, s.Exporters))
		if err != nil {
			return nil, err
		}
		return &destination{
			pipeline: func(s *Spec) (*contender.Contender, error) {
				return contender.New(s.Impl, contender.Config{
					Level: s.Level, Queue: s.Queue, Exporters: end.Exporters(), Acked: end.Acked,
				})
			},
			acked: end.Acked,
			close: none,
		}, nil
	}
}
