package rig

import (
	_ "embed" // the template
	"os"
	"text/template"
	"time"
)

// FlushTime is the time after which a Collector has written the records that it has
// acknowledged: its file exporter flushes every 50 ms, and the rest is for a busy machine.
const FlushTime = time.Second

//go:embed config.yaml.tmpl
var configText string

var configTemplate = template.Must(template.New("config.yaml").Parse(configText))

// config has the values of the template. Each start of a Collector writes a new file: the
// last line of a Collector that was killed may be incomplete, and would corrupt the next
// line in the same file.
type config struct {
	GRPC, HTTP, Health string // addresses
	File               string
}

func (c config) write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := configTemplate.Execute(f, c); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
