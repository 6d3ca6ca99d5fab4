package e2e

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const datasourceFile = "../grafana/provisioning/datasources/datasources.yaml"

// datasource is a provisioned data source, after Grafana has expanded variables: "$$"
// is "$".
type datasource struct {
	Name     string `yaml:"name"`
	UID      string `yaml:"uid"`
	Type     string `yaml:"type"`
	URL      string `yaml:"url"`
	JSONData struct {
		Exemplars []struct {
			Name          string `yaml:"name"`
			DatasourceUID string `yaml:"datasourceUid"`
		} `yaml:"exemplarTraceIdDestinations"`
		DerivedFields []struct {
			Name          string `yaml:"name"`
			MatcherType   string `yaml:"matcherType"`
			MatcherRegex  string `yaml:"matcherRegex"`
			DatasourceUID string `yaml:"datasourceUid"`
			URL           string `yaml:"url"`
		} `yaml:"derivedFields"`
		TracesToLogs struct {
			DatasourceUID string `yaml:"datasourceUid"`
			CustomQuery   bool   `yaml:"customQuery"`
			Query         string `yaml:"query"`
		} `yaml:"tracesToLogsV2"`
		TracesToMetrics struct {
			DatasourceUID string `yaml:"datasourceUid"`
			Tags          []struct {
				Key   string `yaml:"key"`
				Value string `yaml:"value"`
			} `yaml:"tags"`
			Queries []struct {
				Name  string `yaml:"name"`
				Query string `yaml:"query"`
			} `yaml:"queries"`
		} `yaml:"tracesToMetrics"`
	} `yaml:"jsonData"`
}

// loadDatasources returns the data sources by UID.
func loadDatasources(t *testing.T) map[string]datasource {
	t.Helper()
	text, err := os.ReadFile(datasourceFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Datasources []datasource `yaml:"datasources"`
	}
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(string(text), "$$", "$")), &file); err != nil {
		t.Fatal(err)
	}
	found := map[string]datasource{}
	for _, d := range file.Datasources {
		found[d.UID] = d
	}
	if len(found) != 3 {
		t.Fatalf("data sources %s, want 3", names(found))
	}
	return found
}

// Each data source links to the others, and every linked data source exists.
func TestDatasourcesAreConnected(t *testing.T) {
	sources := loadDatasources(t)
	loki, jaeger, prometheus := sources["loki"].JSONData, sources["jaeger"].JSONData, sources["prometheus"].JSONData
	for what, uid := range map[string]string{
		"log to trace":      loki.DerivedFields[0].DatasourceUID,
		"exemplar to trace": prometheus.Exemplars[0].DatasourceUID,
	} {
		if sources[uid].Type != "jaeger" {
			t.Errorf("%s leads to %q", what, uid)
		}
	}
	if f := loki.DerivedFields[0]; f.MatcherType != "label" || f.MatcherRegex != "trace_id" || f.URL != "${__value.raw}" {
		t.Errorf("log to trace: %+v", f)
	}
	if prometheus.Exemplars[0].Name != "trace_id" {
		t.Errorf("exemplar to trace: %+v", prometheus.Exemplars[0])
	}
	if l := jaeger.TracesToLogs; sources[l.DatasourceUID].Type != "loki" || !l.CustomQuery {
		t.Errorf("trace to logs: %+v", l)
	}
	if m := jaeger.TracesToMetrics; sources[m.DatasourceUID].Type != "prometheus" || len(m.Queries) == 0 {
		t.Errorf("trace to metrics: %+v", m)
	}
}
