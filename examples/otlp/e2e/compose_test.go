package e2e

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the root of the repository.
const root = "../../.."

// compose is docker-compose.yml, as docker compose understands it.
type compose struct {
	Services map[string]composeService `json:"services"`
}

type composeService struct {
	Image       string             `json:"image"`
	Command     []string           `json:"command"`
	Environment map[string]*string `json:"environment"`
	Build       *struct {
		Args map[string]string `json:"args"`
	} `json:"build"`
	Ports []struct {
		HostIP string `json:"host_ip"`
	} `json:"ports"`
	Volumes []struct {
		Type   string `json:"type"`
		Source string `json:"source"`
		Target string `json:"target"`
	} `json:"volumes"`
	HealthCheck *struct {
		Test []string `json:"test"`
	} `json:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `json:"condition"`
	} `json:"depends_on"`
	Deploy struct {
		Resources struct {
			Limits struct {
				CPUs   float64 `json:"cpus"`
				Memory string  `json:"memory"`
			} `json:"limits"`
		} `json:"resources"`
	} `json:"deploy"`
}

// loadCompose loads docker-compose.yml with the real docker compose.
func loadCompose(t *testing.T) compose {
	t.Helper()
	cmd := exec.Command(binary(t, "docker-compose"), "-f", "docker-compose.yml", "config", "--format", "json")
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("docker compose config: %v", err)
	}
	var c compose
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *composeService) environment() map[string]string {
	env := map[string]string{}
	for k, v := range s.Environment {
		if v != nil {
			env[k] = *v
		}
	}
	return env
}

// args returns the container's command for a process without a container. The path of a
// mounted file is replaced by that of the file, and a named volume by a folder below dir.
func (s *composeService) args(dir string) []string {
	volumes := slices.Clone(s.Volumes)
	slices.SortFunc(volumes, func(a, b struct {
		Type   string `json:"type"`
		Source string `json:"source"`
		Target string `json:"target"`
	},
	) int {
		return cmp.Compare(len(b.Target), len(a.Target)) // the longest first
	})
	var pairs []string
	for _, v := range volumes {
		source := v.Source
		if v.Type == "volume" {
			source = filepath.Join(dir, source)
		}
		pairs = append(pairs, v.Target, source)
	}
	paths := strings.NewReplacer(pairs...)
	args := make([]string, len(s.Command))
	for i, arg := range s.Command {
		args[i] = paths.Replace(arg)
	}
	return args
}
