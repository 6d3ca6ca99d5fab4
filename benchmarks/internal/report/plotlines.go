package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// lines are points of several names, joined by lines, with logarithmic scales.
type lines struct {
	text, x, y string
	names      []string
	points     map[string]plotter.XYs
}

func newLines(title, x, y string) *lines {
	return &lines{text: title, x: x, y: y, points: make(map[string]plotter.XYs)}
}

func (l *lines) add(name string, x, y float64) {
	if !slices.Contains(l.names, name) {
		l.names = append(l.names, name)
	}
	if y > 0 && !math.IsInf(y, 0) {
		l.points[name] = append(l.points[name], plotter.XY{X: x, Y: y})
	}
}

func (l *lines) title() string { return l.text }

func (l *lines) draw(p *plot.Plot) error {
	p.X.Label.Text, p.Y.Label.Text = l.x, l.y
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Scale, axis.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	p.Add(plotter.NewGrid())
	for i, name := range l.names {
		if len(l.points[name]) == 0 {
			continue
		}
		line, points, err := plotter.NewLinePoints(l.points[name])
		if err != nil {
			return err
		}
		line.Color, points.Color = plotutil.Color(i), plotutil.Color(i)
		line.Width = vg.Points(1.5)
		line.Dashes = plotutil.Dashes(i / len(plotutil.SoftColors))
		points.Shape = plotutil.Shape(i)
		p.Add(line, points)
		p.Legend.Add(name, line, points)
	}
	p.Y.Max *= math.Pow(2, float64(len(l.names))) // for the legend
	return nil
}
