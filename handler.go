package asynclog

import (
	"net/http"
	"path"

	"github.com/krunchwrapper/asynclog/metrics"
)

// settingsName is the last element of the path at which [Pipeline.Handler] has the
// settings.
const settingsName = "settings"

// Handler serves what operators can see and change in a running pipeline:
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
