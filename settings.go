package asynclog

import (
	"encoding/json"
	"net/http"

	"github.com/krunchwrapper/asynclog/envconfig"
)

// maxSettings is how long a change may be, in bytes.
const maxSettings = 4 << 10

// SettingsHandler shows and changes the minimum level and the verbose switch.
//
// GET answers with both:
//
//	{"level":"INFO","verbose":true}
//
// PUT and POST change one or both, and answer with what they are now. The body is JSON
// of the same form, or a form:
//
//	curl -X PUT -d '{"level":"DEBUG"}' localhost:6060/debug/asynclog/settings
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
