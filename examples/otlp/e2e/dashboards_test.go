package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	grafana "github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

const dashboardFolder = "../grafana/dashboards"

// dashboard is the part of Grafana's JSON that the tests use.
type dashboard struct {
	UID        string  `json:"uid"`
	Title      string  `json:"title"`
	Panels     []panel `json:"panels"`
	Templating struct {
		List []struct {
			Name       string          `json:"name"`
			Type       string          `json:"type"`
			Datasource datasourceRef   `json:"datasource"`
			Definition string          `json:"definition"`
			AllValue   string          `json:"allValue"`
			Query      json.RawMessage `json:"query"`
		} `json:"list"`
	} `json:"templating"`
	Links []struct {
		URL string `json:"url"`
	} `json:"links"`
}

type panel struct {
	ID         int           `json:"id"`
	Type       string        `json:"type"`
	Title      string        `json:"title"`
	Datasource datasourceRef `json:"datasource"`
	GridPos    struct {
		H, W, X, Y int
	} `json:"gridPos"`
	Targets []target `json:"targets"`
}

type datasourceRef struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// target is a query of a panel.
type target struct {
	RefID      string        `json:"refId"`
	Datasource datasourceRef `json:"datasource"`
	Expr       string        `json:"expr"`
	Instant    bool          `json:"instant"`
	Exemplar   bool          `json:"exemplar"`
	QueryType  string        `json:"queryType"`
	// Jaeger only.
	Service string `json:"service"`
	Tags    string `json:"tags"`
	Limit   int    `json:"limit"`
}

func loadDashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dashboardFolder, "*.json"))
	if err != nil || len(files) != 2 {
		t.Fatalf("dashboards %v, %v", files, err)
	}
	found := map[string]dashboard{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		found[filepath.Base(file)] = d
	}
	return found
}

// substitute replaces variables by their values, as Grafana does.
func substitute(expr string, values map[string]string) string {
	return variable.ReplaceAllStringFunc(expr, func(s string) string {
		if value, ok := values[strings.Trim(s, "${}")]; ok {
			return value
		}
		return s
	})
}

var variable = regexp.MustCompile(`\$\{[A-Za-z_][\w.]*\}|\$[A-Za-z_]\w*`)

// builtIn are the variables that Grafana defines.
var builtIn = []string{"__rate_interval", "__range", "__auto"}

func TestDashboardsAreSound(t *testing.T) {
	sources := loadDatasources(t)
	for file, d := range loadDashboards(t) {
		t.Run(file, func(t *testing.T) {
			known := slices.Clone(builtIn)
			for _, v := range d.Templating.List {
				known = append(known, v.Name)
				if v.Type == "query" && sources[v.Datasource.UID].Type != v.Datasource.Type {
					t.Errorf("variable %s is from the data source %+v, which is not provisioned", v.Name, v.Datasource)
				}
			}
			ids := map[int]bool{}
			taken := map[[2]int]string{}
			for _, p := range d.Panels {
				if ids[p.ID] || p.ID == 0 {
					t.Errorf("panel %q has the ID %d, as another has", p.Title, p.ID)
				}
				ids[p.ID] = true
				for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
					for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
						if other, ok := taken[[2]int{x, y}]; ok || x >= 24 {
							t.Fatalf("panel %q lies over %q, or outside", p.Title, other)
						}
						taken[[2]int{x, y}] = p.Title
					}
				}
				if p.Type == "row" {
					continue
				}
				if len(p.Targets) == 0 {
					t.Errorf("panel %q has no query", p.Title)
				}
				for _, q := range p.Targets {
					if sources[q.Datasource.UID].Type != q.Datasource.Type {
						t.Errorf("panel %q asks the data source %+v, which is not provisioned", p.Title, q.Datasource)
					}
					for _, v := range variable.FindAllString(q.Expr+" "+q.Tags+" "+p.Title, -1) {
						if !slices.Contains(known, strings.Trim(v, "${}")) {
							t.Errorf("panel %q: the variable %s is unknown", p.Title, v)
						}
					}
				}
			}
		})
	}
}

// Each dashboard links to the other, and the logs link to one of them.
func TestLinksLeadToDashboards(t *testing.T) {
	uids := map[string]bool{}
	var links []string
	for _, d := range loadDashboards(t) {
		uids[d.UID] = true
		for _, l := range d.Links {
			links = append(links, l.URL)
		}
	}
	for _, source := range loadDatasources(t) {
		for _, f := range source.JSONData.DerivedFields {
			if f.DatasourceUID == "" {
				links = append(links, f.URL)
			}
		}
	}
	if len(links) != 3 {
		t.Errorf("links %q, want 3", links)
	}
	for _, l := range links {
		uid, _, _ := strings.Cut(strings.TrimPrefix(l, "/d/"), "?")
		if !uids[uid] {
			t.Errorf("%s leads to none of %v", l, slices.Collect(maps.Keys(uids)))
		}
	}
}

// describe names a query for a message.
func describe(file string, p *panel, q *target) string {
	return fmt.Sprintf("%s, panel %q, query %s", file, p.Title, q.RefID)
}

// Grafana's own types accept the dashboards, with every panel, option and query: there is
// no unknown key, and no required key is missing.
func TestDashboardsAreGrafanas(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	for file := range loadDashboards(t) {
		text, err := os.ReadFile(filepath.Join(dashboardFolder, file))
		if err != nil {
			t.Fatal(err)
		}
		var d grafana.Dashboard //nolint:staticcheck // the schema of provisioned files; version 2 is for resources in Kubernetes style
		for _, err := range []error{d.UnmarshalJSONStrict(text), d.Validate()} {
			if err != nil && err.Error() != "" { // an empty list of errors is not nil
				t.Errorf("%s: %v", file, err)
			}
		}
		if len(d.Panels) < 10 {
			t.Errorf("%s: %d panels", file, len(d.Panels))
		}
	}
}
