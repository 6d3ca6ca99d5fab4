package report

import (
	"image/color"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	_ "gonum.org/v1/plot/vg/vgsvg" // draws SVG
)

const (
	plotWidth  = 18 * vg.Centimeter
	plotHeight = 10 * vg.Centimeter
)

// figure is a plot with a title.
type figure interface {
	title() string
	draw(p *plot.Plot) error
}

// plot draws the figure into a file and writes a reference to the file. It does nothing
// if plots are off.
func (r *report) plot(w *strings.Builder, name string, f figure) error {
	if r.Dir == "" {
		return nil
	}
	p := plot.New()
	p.Title.Text = f.title()
	p.Title.Padding = 3 * vg.Millimeter
	p.BackgroundColor = color.White // readable on a dark page, too
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding = vg.Millimeter
	p.Legend.TextStyle.Font.Size = vg.Points(10)
	if err := f.draw(p); err != nil {
		return err
	}
	file := r.plotFile(w, name, f.title())
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return p.Save(plotWidth, plotHeight, file)
}
