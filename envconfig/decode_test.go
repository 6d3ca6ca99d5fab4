package envconfig_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/envconfig"
)

// TestFileValues has many forms of each value. The field err has the part of the error
// after "invalid value".
func TestFileValues(t *testing.T) {
	const (
		whole   = "; allowed: a whole number from 1 to 9223372036854775807"
		secs    = "; allowed: a number of seconds above 0, such as 0.1"
		boolean = "; allowed: true or false"
	)
	if math.MaxInt != math.MaxInt64 {
		t.Skip("the messages name the largest int of 64 bits")
	}
	for _, tc := range []struct {
		key, value string
		want       any
		err        string
	}{
		{key: "queue_size", value: "10000", want: 10_000},
		{key: "queue_size", value: "1e4", want: 10_000},
		{key: "queue_size", value: "1E+4", want: 10_000},
		{key: "queue_size", value: "10000.0", want: 10_000},
		{key: "queue_size", value: "1e9", want: 1_000_000_000},
		{key: "queue_size", value: "9223372036854775807", want: math.MaxInt / 2},
		{key: "queue_size", value: "9e18", want: math.MaxInt / 2},
		{key: "queue_size", value: "0", err: "(less than 1)" + whole},
		{key: "queue_size", value: "-0", err: "(less than 1)" + whole},
		{key: "queue_size", value: "-3", err: "(less than 1)" + whole},
		{key: "queue_size", value: "-1e400", err: "(less than 1)" + whole},
		{key: "queue_size", value: "-9223372036854775809", err: "(less than 1)" + whole},
		{key: "queue_size", value: "1e-400", err: "(less than 1)" + whole},
		{key: "queue_size", value: "1.5", err: "(not a whole number)" + whole},
		{key: "queue_size", value: "1e-3", err: "(not a whole number)" + whole},
		{key: "queue_size", value: "9223372036854775808", err: "(value out of range)" + whole},
		{key: "queue_size", value: "9.223372036854775808e18", err: "(value out of range)" + whole},
		{key: "queue_size", value: "1e19", err: "(value out of range)" + whole},
		{key: "queue_size", value: "1e400", err: "(value out of range)" + whole},
		{key: "queue_size", value: `"10000"`, err: "(a string)" + whole},
		{key: "queue_size", value: "true", err: "(true or false)" + whole},
		{key: "queue_size", value: "null", err: "(null; leave the key out instead)" + whole},
		{key: "queue_size", value: "[1]", err: "(an array)" + whole},
		{key: "queue_size", value: "{}", err: "(an object)" + whole},
		{key: "batch_size", value: "50", want: 50},
		{key: "batch_size", value: "1e9", want: 50_000},
		{key: "batch_size", value: "0", err: "(less than 1)" + whole},

		{key: "worker_timeout", value: "0.1", want: 100 * time.Millisecond},
		{key: "worker_timeout", value: "1.001", want: 1001 * time.Millisecond}, // 1000999999.9999999 ns as a float64
		{key: "worker_timeout", value: "2", want: 2 * time.Second},
		{key: "worker_timeout", value: "1e-9", want: time.Nanosecond},
		{key: "worker_timeout", value: "1e9", want: 1_000_000_000 * time.Second},
		{key: "worker_timeout", value: "1e10", want: time.Duration(math.MaxInt64)},
		{key: "worker_timeout", value: "1e400", want: time.Duration(math.MaxInt64)},
		{key: "worker_timeout", value: "0", err: "(less than a nanosecond)" + secs},
		{key: "worker_timeout", value: "1e-10", err: "(less than a nanosecond)" + secs},
		{key: "worker_timeout", value: "1e-400", err: "(less than a nanosecond)" + secs},
		{key: "worker_timeout", value: "-0.1", err: "(less than a nanosecond)" + secs},
		{key: "worker_timeout", value: "-1e400", err: "(less than a nanosecond)" + secs},
		{key: "worker_timeout", value: `"100ms"`, err: "(a string)" + secs},
		{key: "worker_timeout", value: "null", err: "(null; leave the key out instead)" + secs},

		{key: "enabled", value: "true", want: true},
		{key: "enabled", value: "false", want: false},
		{key: "enabled", value: `"true"`, err: "(a string)" + boolean},
		{key: "enabled", value: `"yes"`, err: "(a string)" + boolean},
		{key: "enabled", value: `""`, err: "(a string)" + boolean},
		{key: "enabled", value: `"  "`, err: "(a string)" + boolean},
		{key: "enabled", value: "1", err: "(a number)" + boolean},
		{key: "enabled", value: "null", err: "(null; leave the key out instead)" + boolean},
		{key: "enabled", value: "[]", err: "(an array)" + boolean},
	} {
		t.Run(tc.key+"="+tc.value, func(t *testing.T) {
			w := withFile("{\"logging\": {\n  \"async_logging\": {\"" + tc.key + "\": " + tc.value + "}}}")
			c, err := w.load()
			checkValid(t, c)
			got := map[string]value{
				"enabled":        {c.Async, c.Sources.Async},
				"queue_size":     {c.QueueSize, c.Sources.QueueSize},
				"batch_size":     {c.BatchSize, c.Sources.BatchSize},
				"worker_timeout": {c.ExportInterval, c.Sources.ExportInterval},
			}[tc.key]
			column := len(`  "async_logging": {"": `) + len(tc.key) + 1

			if tc.err == "" {
				if err != nil || got.value != tc.want {
					t.Errorf("%v, error %v; want %v", got.value, err, tc.want)
				}
				if s := got.source; s.Origin() != envconfig.FromFile || s.Name != "logging.async_logging."+tc.key ||
					s.File != path || s.Line != 2 || s.Column != column {
					t.Errorf("source %+v, want line 2, column %d", s, column)
				}
				return
			}
			shown := strings.NewReplacer("[1]", "[…]", "[]", "[…]", "{}", "{…}").Replace(tc.value)
			place := fmt.Sprintf("%s:2:%d", path, column)
			want := fmt.Sprintf("%s: logging.async_logging.%s = %s: invalid value %s", place, tc.key, shown, tc.err)
			if !errors.Is(err, envconfig.ErrInvalid) || err.Error() != want {
				t.Errorf("error %v\nwant  %s", err, want)
			}
			if got.source.Origin() != envconfig.FromProfile || len(got.source.Ignored) != 1 || got.source.Ignored[0] != shown+" at "+place {
				t.Errorf("source %s, want the profile, and %s at %s ignored", got.source, shown, place)
			}
		})
	}
}

// TestFileStructure is about keys and objects.
func TestFileStructure(t *testing.T) {
	const (
		outer = "allowed: verbose_logging, async_logging"
		inner = "allowed: enabled, queue_size, batch_size, worker_timeout"
	)
	for name, tc := range map[string]struct {
		text string
		is   error
		want []string // none: no error
	}{
		"empty object":  {text: "{}"},
		"empty logging": {text: `{"logging": {}}`},
		"somebody else's keys": {
			text: `{"server": {"port": 1, "port": 2}, "log": {"verbose_logging": 3}, "server": null, "Verbose_Logging": 1, "logging": {}}`,
		},
		"somebody else's Logging": {text: `{"Logging": {"LogLevel": {"Default": "Information"}}, "logging": {}}`},
		"not an object": {
			text: `[1]`, is: envconfig.ErrInvalid,
			want: []string{`:1:1: invalid value (an array); allowed: an object such as {"logging": {}}`},
		},
		"logging in another case": {
			text: `{"LOGGING": {}}`, is: envconfig.ErrUnknownKey,
			want: []string{`:1:2: LOGGING: unknown key; did you mean "logging"?`},
		},
		"logging misspelt": {
			text: `{"loging": {}}`, is: envconfig.ErrUnknownKey,
			want: []string{`:1:2: loging: unknown key; did you mean "logging"?`},
		},
		"letters of logging swapped": {
			text: `{"Loggign": {}}`, is: envconfig.ErrUnknownKey,
			want: []string{`:1:2: Loggign: unknown key; did you mean "logging"?`},
		},
		"a word that is merely like logging": {text: `{"login": {}, "lodging": {}, "logging": {}, "loging": {}}`},
		"logging not an object": {
			text: `{"logging": true}`, is: envconfig.ErrInvalid,
			want: []string{`:1:13: logging = true: invalid value (true or false); allowed: an object`},
		},
		"async_logging not an object": {
			text: `{"logging": {"async_logging": "on"}}`, is: envconfig.ErrInvalid,
			want: []string{`:1:31: logging.async_logging = "on": invalid value (a string); allowed: an object`},
		},
		"logging twice": {
			text: `{"logging": {}, "logging": {}}`, is: envconfig.ErrDuplicateKey,
			want: []string{`:1:17: logging: duplicate key; allowed: once, as in line 1`},
		},
		"a key twice": {
			text: asyncFile("\n\"queue_size\": 1,\n \"queue_size\": 1, \"queue_size\": 1"), is: envconfig.ErrDuplicateKey,
			want: []string{
				`:3:2: logging.async_logging.queue_size: duplicate key; allowed: once, as in line 2`,
				`:3:19: logging.async_logging.queue_size: duplicate key; allowed: once, as in line 2`,
			},
		},
		"a key twice, once in disguise": {
			text: asyncFile(`"queue_size": 1, "queue\u005fsize": 1`), is: envconfig.ErrDuplicateKey,
			want: []string{`:1:49: logging.async_logging.queue_size: duplicate key; allowed: once, as in line 1`},
		},
		"another case": {
			text: asyncFile(`"Enabled": true`), is: envconfig.ErrUnknownKey,
			want: []string{`:1:32: logging.async_logging.Enabled: unknown key; did you mean logging.async_logging.enabled? ` + inner},
		},
		"misspelt": {
			text: `{"logging": {"verbose_loging": true}}`, is: envconfig.ErrUnknownKey,
			want: []string{`:1:14: logging.verbose_loging: unknown key; did you mean logging.verbose_logging? ` + outer},
		},
		"in the wrong object": {
			text: `{"logging": {"queue_size": 1}}`, is: envconfig.ErrUnknownKey,
			want: []string{`:1:14: logging.queue_size: unknown key; did you mean logging.async_logging.queue_size? ` + outer},
		},
		"like nothing": {
			text: asyncFile(`"colour": "red"`), is: envconfig.ErrUnknownKey,
			want: []string{`:1:32: logging.async_logging.colour: unknown key; ` + inner},
		},
		"no word at all": {
			text: asyncFile(`"": 0, "\u001b[31m\n": 0`), is: envconfig.ErrUnknownKey,
			want: []string{
				`:1:32: logging.async_logging.: unknown key; ` + inner,
				`:1:39: logging.async_logging.?[31m?: unknown key; ` + inner,
			},
		},
		"all that is wrong, with lines and columns in characters": {
			text: "\ufeff{\r\n\t// größe\r\n\t\"logging\": {\r\n\t\t/* ü */ \"verbose_logging\": 1,\r\n\t\t\"async_logging\": {\"batch_size\": 0,},\r\n\t},\r\n}",
			is:   envconfig.ErrInvalid,
			want: []string{
				`:4:30: logging.verbose_logging = 1: invalid value (a number); allowed: true or false`,
				`:5:35: logging.async_logging.batch_size = 0: invalid value (less than 1); allowed: a whole number from 1 to 9223372036854775807`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := withFile(tc.text).load()
			checkValid(t, c)
			if len(tc.want) == 0 {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			want := path + strings.Join(tc.want, "\n"+path)
			if err == nil || err.Error() != want || !errors.Is(err, tc.is) {
				t.Errorf("error %v\nwant  %s", err, want)
			}
			if c.File != path {
				t.Errorf("file %q, want the file that was read", c.File)
			}
		})
	}
}

// TestManyErrorsAreBounded: a file of the wrong kind does not flood the log.
func TestManyErrorsAreBounded(t *testing.T) {
	_, err := withFile(`{"logging": {` + strings.Repeat(`"x": 1, `, 50_000) + `}}`).load()
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 101 || lines[100] != path+": and 49900 more errors" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestDidYouMean(t *testing.T) {
	const async = "logging.async_logging."
	for key, want := range map[string]string{
		"queue_size": async + "queue_size", "queueSize": async + "queue_size", "Queue-Size": async + "queue_size",
		"queue": async + "queue_size", "max_queue_size": async + "queue_size", "qeueu_size": async + "queue_size",
		"batchsize": async + "batch_size", "max_batch_size": async + "batch_size", "match_size": async + "batch_size",
		"enable": async + "enabled", "enbld": async + "enabled", "nbld": "", "enabeld": async + "enabled", "disabled": "",
		"timeout": async + "worker_timeout", "worker_time_out": async + "worker_timeout",
		"async": "logging.async_logging", "asynclogging": "logging.async_logging",
		"verbose": "logging.verbose_logging", "verbose-logging": "logging.verbose_logging",
		"size": async + "queue_size", "level": "", "x": "", "": "", "file": "", "колір": "",
		strings.Repeat("queue_size", 1000): "",
	} {
		_, err := withFile(`{"logging": {"` + key + `": 1}}`).load()
		if err == nil {
			t.Errorf("%q: no error", key)
			continue
		}
		_, after, _ := strings.Cut(err.Error(), "did you mean ")
		got, _, _ := strings.Cut(after, "?")
		if got != want {
			t.Errorf("%q: did you mean %q, want %q", key, got, want)
		}
	}
}
