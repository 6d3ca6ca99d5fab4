package asynclog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"

	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/metrics"
)

const (
	// settingsName is the last path element of the settings in [Pipeline.Handler].
	settingsName = "settings"

	// maxSettingsBytes bounds the body of a request that changes settings.
	maxSettingsBytes = 4 << 10
)

// Handler serves what operators can see and change in a running pipeline:
//
//	…/settings        the level and the verbose switch ([Pipeline.SettingsHandler])
//	everything else   the statistics, as JSON or a live page ([metrics.Handler])
//
// Mount it under a path that ends in a slash, such as
//
//	mux.Handle("/debug/asynclog/", p.Handler())
//
// It has no authentication. Anyone who can reach it can turn logging off, so mount it on
// a server that only operators can reach.
func (p *Pipeline) Handler() http.Handler {
	settings, statistics := p.SettingsHandler(), metrics.Handler(p.Statistics)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Base(r.URL.Path) == settingsName {
			settings.ServeHTTP(w, r)
			return
		}
		statistics.ServeHTTP(w, r)
	})
}

// SettingsHandler shows and changes the minimum level and the verbose switch.
//
// GET returns both:
//
//	{"level":"INFO","verbose":true}
//
// PUT and POST change one or both, and return the new values. The body is JSON of the
// same form, or an HTML form:
//
//	curl -X PUT -d '{"level":"DEBUG"}' localhost:6060/debug/asynclog/settings
//	curl -X PUT -d level=debug -d verbose=false localhost:6060/debug/asynclog/settings
//
// A level is written as for [envconfig.ParseLevel]. A request with anything else changes
// nothing, and gets status 400 and the allowed values.
//
// The handler has no authentication and must not be public: see [Pipeline.Handler]. It
// refuses requests that a browser sends for another site
// ([http.CrossOriginProtection]), so a web page cannot reach a server on its visitor's
// localhost.
func (p *Pipeline) SettingsHandler() http.Handler {
	change := http.NewCrossOriginProtection().Handler(http.HandlerFunc(p.changeSettings))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			p.showSettings(w)
		case http.MethodPut, http.MethodPost:
			change.ServeHTTP(w, r)
		default:
			h.Set("Allow", "GET, HEAD, PUT, POST")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		}
	})
}

func (p *Pipeline) showSettings(w http.ResponseWriter) {
	body, err := json.Marshal(map[string]any{"level": envconfig.LevelName(p.Level()), "verbose": p.Verbose()})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n')) // an error means that the client has gone
}

func (p *Pipeline) changeSettings(w http.ResponseWriter, r *http.Request) {
	c, err := readSettings(http.MaxBytesReader(w, r.Body, maxSettingsBytes), r.Header.Get("Content-Type"))
	if err != nil {
		http.Error(w, "asynclog: "+err.Error(), http.StatusBadRequest)
		return
	}
	if c.level != nil {
		p.SetLevel(*c.level)
	}
	if c.verbose != nil {
		p.SetVerbose(*c.verbose)
	}
	p.showSettings(w)
}

// settingsChange has the new values of a request; nil: unchanged.
type settingsChange struct {
	level   *slog.Level
	verbose *bool
}

var errNoChange = errors.New(`nothing to change: give "level", "verbose" or both, as JSON or as a form`)

// readSettings also reads JSON whose content type says form, because curl sends that
// type with its option -d.
func readSettings(body io.Reader, contentType string) (settingsChange, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return settingsChange{}, err
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	read := readJSON
	if err == nil && mediaType == "application/x-www-form-urlencoded" && !bytes.HasPrefix(bytes.TrimSpace(text), []byte{'{'}) {
		read = readForm
	}
	c, err := read(text)
	if err == nil && c.level == nil && c.verbose == nil {
		err = errNoChange
	}
	return c, err
}

func readJSON(text []byte) (settingsChange, error) {
	var fields struct {
		Level   *string `json:"level"`
		Verbose *bool   `json:"verbose"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&fields); err != nil {
		if errors.Is(err, io.EOF) {
			return settingsChange{}, errNoChange
		}
		return settingsChange{}, fmt.Errorf(`%w; allowed is JSON such as {"level":"DEBUG","verbose":true}`, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return settingsChange{}, errors.New("something follows the JSON object")
	}
	c := settingsChange{verbose: fields.Verbose}
	if fields.Level == nil {
		return c, nil
	}
	var err error
	c.level, err = readLevel(*fields.Level)
	return c, err
}

func readForm(text []byte) (settingsChange, error) {
	var c settingsChange
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return c, err
	}
	for name, values := range form {
		if len(values) != 1 {
			return c, fmt.Errorf("%q is given %d times", name, len(values))
		}
		switch value := values[0]; name {
		case "level":
			if c.level, err = readLevel(value); err != nil {
				return c, err
			}
		case "verbose":
			verbose, err := strconv.ParseBool(value)
			if err != nil {
				return c, fmt.Errorf("verbose is %q: it must be true or false", value)
			}
			c.verbose = &verbose
		default:
			return c, fmt.Errorf("unknown setting %q: there are level and verbose", name)
		}
	}
	return c, nil
}

func readLevel(s string) (*slog.Level, error) {
	l, err := envconfig.ParseLevel(s)
	if err != nil {
		return nil, err
	}
	return &l, nil
}
