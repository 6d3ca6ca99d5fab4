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
	"os"
	"path"
	"strconv"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/foreigntext"
	"github.com/krunchwrapper/asynclog/internal/guard"
	"github.com/krunchwrapper/asynclog/metrics"
)

const (
	// settingsName is the last path element of the settings in [Pipeline.Handler].
	settingsName = "settings"

	// maxSettingsBytes bounds the body of a request that changes settings.
	maxSettingsBytes = 4 << 10

	// maxAnswerBytes bounds the text that says what is wrong with such a body.
	maxAnswerBytes = 1 << 10

	// handlerCall is how a program allows a name (internal/guard).
	handlerCall = "p.Handler(%s)"
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
//
// It can be requested as localhost, as a subdomain of localhost, by IP address, and
// under the given names, with any port. Any other name in the Host header gets status
// 403, for reading too: a web page of that name may have sent the request from the
// browser of an operator, to a server that the page itself cannot reach (DNS rebinding).
// So give the names by which operators reach it:
//
//	mux.Handle("/debug/asynclog/", p.Handler("ops.example.com"))
//
// X-Forwarded-Host makes no difference. What is not a host name is reported to
// otel.Handle and otherwise ignored. Requests of [net/http/httptest] are for
// example.com, unless their target has another host.
func (p *Pipeline) Handler(hosts ...string) http.Handler {
	// The names are reported once, by metrics.Handler.
	g, _ := guard.New(handlerCall, hosts)
	settings, statistics := p.settingsHandler(g), metrics.Handler(p.Statistics, hosts...)
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
// The handler has no authentication and must not be public. It can be requested under
// the names that [Pipeline.Handler] describes. A request that changes something must
// have no Origin header or that of this server, and the browser must not say that it
// comes from another site (Sec-Fetch-Site): otherwise any web page could change a server
// on its visitor's localhost.
func (p *Pipeline) SettingsHandler(hosts ...string) http.Handler {
	g, errs := guard.New("p.SettingsHandler(%s)", hosts)
	if err := errors.Join(errs...); err != nil {
		otel.Handle(err)
	}
	return p.settingsHandler(g)
}

func (p *Pipeline) settingsHandler(g *guard.Guard) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.Admit(w, r) {
			return
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			p.showSettings(w)
		case http.MethodPut, http.MethodPost:
			if g.AdmitChange(w, r) {
				p.changeSettings(w, r)
			}
		default:
			w.Header().Set("Allow", "GET, HEAD, PUT, POST")
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
		status := http.StatusBadRequest
		if errors.Is(err, os.ErrDeadlineExceeded) {
			status, err = http.StatusRequestTimeout, errors.New("the body did not arrive in time")
		}
		http.Error(w, "asynclog: "+foreigntext.Line(err.Error(), maxAnswerBytes), status)
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
