package rig

import (
	_ "embed" // the template
	"os"
	"text/template"
	"time"
)

// FlushTime is how long after an acknowledgement a Collector has certainly written
// the records out: its file exporter flushes every 50 ms, the rest is for a busy
// machine.
const FlushTime = time.Second

//go:embed config.yaml.tmpl
var configText string

var configTemplate = template.Must(template.New("config.yaml").Parse(configText))

// config fills the template. Each life of a Collector writes a file of its own: the
// last line of one that was killed may be cut, and would spoil the next.
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
