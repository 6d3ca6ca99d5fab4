package asynclog

import (
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

// settingsName is the last element of the path at which [Pipeline.Handler] has the
// settings.
const settingsName = "settings"

// maxSettings is how long a change may be, in bytes.
const maxSettings = 4 << 10

// Handler serves what there is to see and to change of a running pipeline:
//
//	…/settings   the level and the verbose switch ([Pipeline.SettingsHandler])
//	all else     the statistics, as JSON or a live page ([metrics.Handler])
//
// Mount it under a path that ends in a slash, such as
//
//	mux.Handle("/debug/asynclog/", p.Handler())
//
// It is not authenticated, and whoever reaches it can turn logging off: mount it on a
// server that only its operators reach.
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
// GET answers with both:
//
//	{"level":"INFO","verbose":true}
//
// PUT and POST change one or both, and answer with what they are now. The body is JSON
// of the same form, or a form:
//
//	curl -X PUT -H 'Content-Type: application/json' -d '{"level":"DEBUG"}' localhost:6060/debug/asynclog/settings
//	curl -X PUT -d level=debug -d verbose=false localhost:6060/debug/asynclog/settings
//
// A level is what [envconfig.ParseLevel] takes. Anything else is answered with 400 and
// what is allowed, and changes nothing.
//
// It is not authenticated, and must not be public: see [Pipeline.Handler]. What a
// browser sends on behalf of another site is refused ([http.CrossOriginProtection]), so
// that no page can reach through its visitor's browser to a server on localhost.
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
	_, _ = w.Write(append(body, '\n')) // what remains after an error is nobody's
}

func (p *Pipeline) changeSettings(w http.ResponseWriter, r *http.Request) {
	c, err := readChange(http.MaxBytesReader(w, r.Body, maxSettings), r.Header.Get("Content-Type"))
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

// change is what is to be changed: what is not nil.
type change struct {
	level   *slog.Level
	verbose *bool
}

var errNoChange = errors.New(`nothing to change: give "level", "verbose" or both, as JSON or as a form`)

func readChange(body io.Reader, contentType string) (change, error) {
	read := readJSON
	if mediaType, _, err := mime.ParseMediaType(contentType); err == nil && mediaType == "application/x-www-form-urlencoded" {
		read = readForm
	}
	c, err := read(body)
	if err == nil && c.level == nil && c.verbose == nil {
		err = errNoChange
	}
	return c, err
}

func readJSON(body io.Reader) (change, error) {
	var fields struct {
		Level   *string `json:"level"`
		Verbose *bool   `json:"verbose"`
	}
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(&fields); err != nil {
		if errors.Is(err, io.EOF) {
			return change{}, errNoChange
		}
		return change{}, fmt.Errorf(`%w; allowed is JSON such as {"level":"DEBUG","verbose":true}`, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return change{}, errors.New("something follows the JSON object")
	}
	c := change{verbose: fields.Verbose}
	if fields.Level == nil {
		return c, nil
	}
	var err error
	c.level, err = readLevel(*fields.Level)
	return c, err
}

func readForm(body io.Reader) (change, error) {
	var c change
	text, err := io.ReadAll(body)
	if err != nil {
		return c, err
	}
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
		return nil, fmt.Errorf("level: %w", err)
	}
	return &l, nil
}
