package report

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// bars are groups of bars: one group for each label, with a bar for each name that has a
// value there.
type bars struct {
	text, y string
	log     bool // the scale is logarithmic
	names   []string
	labels  []string
	values  map[[2]string]float64 // by name and label
}

func newBars(title, y string, logarithmic bool) *bars {
	return &bars{text: title, y: y, log: logarithmic, values: make(map[[2]string]float64)}
}

func (b *bars) add(name, label string, value float64) {
	if !(value > 0) || math.IsInf(value, 0) {
		return
	}
	if !slices.Contains(b.names, name) {
		b.names = append(b.names, name)
	}
	if !slices.Contains(b.labels, label) {
		b.labels = append(b.labels, label)
	}
	b.values[[2]string{name, label}] = value
}

func (b *bars) title() string { return b.text }

func (b *bars) draw(p *plot.Plot) error {
	if len(b.values) == 0 {
		return nil
	}
	lowest, highest := math.Inf(1), 0.0
	for _, v := range b.values {
		lowest, highest = min(lowest, v), max(highest, v)
	}
	p.Y.Label.Text = b.y
	p.Y.Min, p.Y.Max = 0, highest*1.1
	if b.log {
		p.Y.Min = math.Pow(10, math.Floor(math.Log10(lowest)-0.3))
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	// The space of half a group on the right is for the legend.
	groups := float64(len(b.labels))
	p.NominalX(b.labels...)
	p.X.Min, p.X.Max = -0.5, groups
	p.Legend.XOffs = plotWidth * 0.95 * vg.Length(groups-0.45) / vg.Length(groups+0.5)
	width := plotWidth * 0.6 / vg.Length((groups+0.5)*float64(len(b.names)))

	next := make([]int, len(b.labels)) // the position of the next bar in each group
	for i, name := range b.names {
		s := &series{color: plotutil.Color(i), width: width}
		for j, label := range b.labels {
			if v, ok := b.values[[2]string{name, label}]; ok {
				middle := float64(b.members(label)-1) / 2
				s.bars = append(s.bars, bar{group: j, offset: width * vg.Length(float64(next[j])-middle), value: v})
				next[j]++
			}
		}
		p.Add(s)
		p.Legend.Add(titles[name], s)
	}
	return nil
}

// members returns how many names have a value in the group.
func (b *bars) members(label string) (n int) {
	for _, name := range b.names {
		if _, ok := b.values[[2]string{name, label}]; ok {
			n++
		}
	}
	return n
}

// bar is a bar of a group, at an offset from the middle of the group.
type bar struct {
	group  int
	offset vg.Length
	value  float64
}

// series draws the bars of one name from the bottom of the scale. gonum's own bars begin
// at zero, which has no place on a logarithmic scale.
type series struct {
	bars  []bar
	color color.Color
	width vg.Length
}

// Plot draws the bars.
func (s *series) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	bottom := toY(p.Y.Min)
	for _, b := range s.bars {
		x := toX(float64(b.group)) + b.offset
		rectangle(&c, s.color, x-s.width/2, bottom, x+s.width/2, toY(b.value))
	}
}

// Thumbnail draws the legend's mark.
func (s *series) Thumbnail(c *draw.Canvas) {
	rectangle(c, s.color, c.Min.X, c.Min.Y, c.Max.X, c.Max.Y)
}

func rectangle(c *draw.Canvas, fill color.Color, left, bottom, right, top vg.Length) {
	c.FillPolygon(fill, []vg.Point{{X: left, Y: bottom}, {X: left, Y: top}, {X: right, Y: top}, {X: right, Y: bottom}})
}
