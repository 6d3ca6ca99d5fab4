package envconfig_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/krunchwrapper/asynclog/envconfig"
)

// TestWhichFile: the path is that of the option, else that of the variable, else the
// default path if the file exists.
func TestWhichFile(t *testing.T) {
	const text = `{"logging": {"async_logging": {"queue_size": 123}}}`
	for name, tc := range map[string]struct {
		files   map[string]string
		environ map[string]string
		opts    []envconfig.Option
		file    string
		source  string
	}{
		"none": {source: "detected: no config/config.jsonc"},
		"the default path": {
			files: map[string]string{"config/config.jsonc": text},
			file:  "config/config.jsonc", source: "detected: the default path",
		},
		"the variable": {
			files:   map[string]string{"config/config.jsonc": "bad", "a": text},
			environ: map[string]string{"KRUNCHWRAPPER_CONFIG": "a"},
			file:    "a", source: "variable KRUNCHWRAPPER_CONFIG",
		},
		"the variable is empty": {
			files:   map[string]string{"config/config.jsonc": text},
			environ: map[string]string{"KRUNCHWRAPPER_CONFIG": ""},
			file:    "config/config.jsonc", source: "detected: the default path",
		},
		"the option": {
			files:   map[string]string{"config/config.jsonc": "bad", "a": "bad", "b": text},
			environ: map[string]string{"KRUNCHWRAPPER_CONFIG": "a"},
			opts:    []envconfig.Option{envconfig.WithFile("b")},
			file:    "b", source: "option WithFile",
		},
		"the option is empty": {
			files:   map[string]string{"a": text},
			environ: map[string]string{"KRUNCHWRAPPER_CONFIG": "a"},
			opts:    []envconfig.Option{envconfig.WithFile("")},
			file:    "a", source: "variable KRUNCHWRAPPER_CONFIG",
		},
		"no file": {
			files:   map[string]string{"config/config.jsonc": "bad"},
			environ: map[string]string{"KRUNCHWRAPPER_CONFIG": "missing"},
			opts:    []envconfig.Option{envconfig.WithFile("missing"), envconfig.WithoutFile()},
			source:  "option WithoutFile",
		},
		"a file after all": {
			files: map[string]string{"b": text},
			opts:  []envconfig.Option{envconfig.WithoutFile(), envconfig.WithFile("b")},
			file:  "b", source: "option WithFile",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{files: tc.files, environ: tc.environ}
			c := w.mustLoad(t, tc.opts...)
			if c.File != tc.file || c.Sources.File.String() != tc.source {
				t.Errorf("file %q from %q, want %q from %q", c.File, c.Sources.File, tc.file, tc.source)
			}
			if read := c.QueueSize == 123; read != (tc.file != "") {
				t.Errorf("queue size %d from %s", c.QueueSize, c.Sources.QueueSize)
			}
		})
	}
}

// TestFileNotRead: any failure to read a file is an error, except that there is none at
// the default path. The reader is injected because tests often run as root, which may
// read every file.
func TestFileNotRead(t *testing.T) {
	fail := func(err error) envconfig.Option {
		return envconfig.WithReadFile(func(name string) ([]byte, error) {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		})
	}
	for name, tc := range map[string]struct {
		environ map[string]string
		opts    []envconfig.Option
		want    error
		text    string
		ignored string
	}{
		"named by the option, missing": {
			opts: []envconfig.Option{envconfig.WithFile("a.jsonc"), fail(syscall.ENOENT)},
			want: fs.ErrNotExist, text: `envconfig.WithFile("a.jsonc"): open a.jsonc: no such file or directory`, ignored: "a.jsonc",
		},
		"named by the variable, missing": {
			environ: map[string]string{"KRUNCHWRAPPER_CONFIG": "a.jsonc"},
			opts:    []envconfig.Option{fail(syscall.ENOENT)},
			want:    fs.ErrNotExist, text: `KRUNCHWRAPPER_CONFIG="a.jsonc": open a.jsonc: no such file or directory`, ignored: "a.jsonc",
		},
		"named by the variable, blank": {
			environ: map[string]string{"KRUNCHWRAPPER_CONFIG": " "},
			want:    fs.ErrNotExist, text: `KRUNCHWRAPPER_CONFIG=" ": open  : file does not exist`, ignored: " ",
		},
		"named by the variable, below a file": {
			environ: map[string]string{"KRUNCHWRAPPER_CONFIG": "a/b"},
			opts:    []envconfig.Option{fail(syscall.ENOTDIR)},
			want:    syscall.ENOTDIR, text: `KRUNCHWRAPPER_CONFIG="a/b": open a/b: not a directory`, ignored: "a/b",
		},
		"named by the option, unreadable": {
			opts: []envconfig.Option{envconfig.WithFile("a.jsonc"), fail(syscall.EACCES)},
			want: fs.ErrPermission, text: `envconfig.WithFile("a.jsonc"): open a.jsonc: permission denied`, ignored: "a.jsonc",
		},
		"the default path, unreadable": {
			opts: []envconfig.Option{fail(syscall.EACCES)},
			want: fs.ErrPermission, text: "the default configuration file: open config/config.jsonc: permission denied", ignored: "config/config.jsonc",
		},
		"the default path, missing":      {opts: []envconfig.Option{fail(syscall.ENOENT)}},
		"the default path, below a file": {opts: []envconfig.Option{fail(syscall.ENOTDIR)}},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{environ: tc.environ}
			c, err := w.load(tc.opts...)
			checkValid(t, c)
			if c.File != "" {
				t.Errorf("file %q, none was read", c.File)
			}
			if tc.want == nil {
				if err != nil || len(c.Sources.File.Ignored) != 0 {
					t.Errorf("error %v, source %s", err, c.Sources.File)
				}
				return
			}
			if !errors.Is(err, tc.want) || err.Error() != tc.text {
				t.Errorf("error %v\nwant  %s", err, tc.text)
			}
			if got := c.Sources.File.Ignored; len(got) != 1 || got[0] != tc.ignored {
				t.Errorf("ignored %v, want %s", got, tc.ignored)
			}
		})
	}
}

// TestReadsFileSystem tests the default reader.
func TestReadsFileSystem(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.jsonc")
	if err := os.WriteFile(good, []byte(asyncFile(`"queue_size": 9`)), 0o600); err != nil {
		t.Fatal(err)
	}
	endless := filepath.Join(dir, "endless.jsonc")
	if err := os.WriteFile(endless, []byte(strings.Repeat(" ", 2<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &world{}
	load := func(path string) (envconfig.Config, error) {
		return w.load(envconfig.WithReadFile(nil), envconfig.WithFile(path))
	}

	if c, err := load(good); err != nil || c.QueueSize != 9 || c.File != good {
		t.Errorf("queue size %d, file %q, error %v", c.QueueSize, c.File, err)
	}
	if _, err := load(dir); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("a directory: error %v", err)
	}
	if _, err := load(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: error %v", err)
	}
	if _, err := load(endless); !errors.Is(err, envconfig.ErrSyntax) || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("too large a file: error %v", err)
	}
}

// TestDefaults tests the sources that no other test uses: the variables, arguments and
// working directory of the process.
func TestDefaults(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("config", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("config/config.jsonc", []byte(asyncFile(`"batch_size": 9`)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KRUNCHWRAPPER_CONFIG", "")
	t.Setenv("KRUNCHWRAPPER_ENV", "")
	t.Setenv("KRUNCHWRAPPER_LOG_LEVEL", "")
	t.Setenv("DEBUG", "")
	t.Setenv("ASYNC_LOG_QUEUE_SIZE", "4321")
	args := os.Args
	t.Cleanup(func() { os.Args = args })
	os.Args = []string{"program", "--debug"}

	c, err := envconfig.Load()
	if err != nil {
		t.Fatal(err)
	}
	checkValid(t, c)
	if c.Environment != envconfig.Development || c.QueueSize != 4321 || c.BatchSize != 9 || c.File != "config/config.jsonc" {
		t.Errorf("configuration:\n%s", c)
	}

	os.Args = nil // as execve allows
	if c, err := envconfig.Load(); err != nil || c.Environment != envconfig.Production {
		t.Errorf("environment %s, error %v", c.Environment, err)
	}
}
