package envconfig_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/krunchwrapper/asynclog/envconfig"
)

const allowedTokens = "; allowed: true, false, null, a number, and a text or key in double quotes"

// TestSyntaxErrors: text that is not JSON with comments is an error with position and
// reason.
func TestSyntaxErrors(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"empty":               {"", ":1:1: syntax error: the file is empty; write at least {}"},
		"blank":               {" \r\n\t\n", ":1:1: syntax error: the file is empty; write at least {}"},
		"a BOM and no more":   {"\ufeff", ":1:1: syntax error: the file is empty; write at least {}"},
		"only a comment":      {"// {}\n", ":2:1: syntax error: parsing value: unexpected EOF; the file ends too early"},
		"UTF-16, low first":   {"\xff\xfe{\x00}\x00", ":1:1: syntax error: UTF-16; save the file as UTF-8"},
		"UTF-16, high first":  {"\xfe\xff\x00{\x00}", ":1:1: syntax error: UTF-16; save the file as UTF-8"},
		"not UTF-8":           {"{\xe9}", ":1:2: syntax error: invalid character '\\xe9' at start of value" + allowedTokens},
		"two BOMs":            {"\ufeff\ufeff{}", ":1:1: syntax error: invalid character '\\ufeff' at start of value" + allowedTokens},
		"not closed":          {"{\"logging\": {\n", ":2:1: syntax error: parsing value: unexpected EOF; the file ends too early"},
		"text not closed":     {`{"ü": "x`, ":1:9: syntax error: parsing string: unexpected EOF; the file ends too early"},
		"comment not closed":  {"{}\n/* x", ":2:1: syntax error: parsing comment: unexpected EOF; the file ends too early"},
		"no comma":            {"{\"a\": 1\n\"b\": 2}", `:2:1: syntax error: invalid character '"' after object value (expecting ',' or '}')`},
		"two commas":          {`{"a": 1,,}`, ":1:9: syntax error: invalid character ',' at start of value" + allowedTokens},
		"no value":            {`{"a":}`, ":1:6: syntax error: invalid character '}' at start of value" + allowedTokens},
		"bare key":            {`{logging: {}}`, ":1:2: syntax error: invalid literal: logging" + allowedTokens},
		"single quotes":       {`{'logging': {}}`, `:1:2: syntax error: invalid character '\'' at start of value` + allowedTokens},
		"True":                {`{"a": True}`, ":1:7: syntax error: invalid literal: True" + allowedTokens},
		"NaN":                 {asyncFile(`"worker_timeout": NaN`), ":1:50: syntax error: invalid literal: NaN" + allowedTokens},
		"Infinity":            {asyncFile(`"worker_timeout": -Infinity`), ":1:50: syntax error: invalid literal: -Infinity" + allowedTokens},
		"hexadecimal":         {asyncFile(`"queue_size": 0x10`), ":1:46: syntax error: invalid literal: 0x10" + allowedTokens},
		"plus sign":           {asyncFile(`"queue_size": +10`), ":1:46: syntax error: invalid literal: +10" + allowedTokens},
		"underscore":          {asyncFile(`"queue_size": 1_000`), ":1:47: syntax error: invalid character '_' after object value (expecting ',' or '}')"},
		"control characters":  {"{\"a\": \"\x1b[31m\x07\"}", `:1:7: syntax error: invalid literal: "?[31m?"` + allowedTokens},
		"a second value":      {"{} {}", ":1:4: syntax error: invalid character '{' after top-level value"},
		"YAML":                {"logging:\n  verbose_logging: true\n", ":1:1: syntax error: invalid literal: logging" + allowedTokens},
		"deep, a million":     {strings.Repeat("[", 1_000_000), ":1:1: syntax error: more than 10000 brackets"},
		"deep, as far as may": {strings.Repeat(`{"":`, 10_000), ":1:40001: syntax error: parsing value: unexpected EOF; the file ends too early"},
		"large":               {"{}" + strings.Repeat(" ", 1<<20), ":1:1: syntax error: more than 1048576 bytes"},
		"a long word":         {"{\"a\":\n" + strings.Repeat("x", 10_000) + "}", ":2:1: syntax error: invalid literal: " + strings.Repeat("x", 80-17) + "…" + allowedTokens},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := withFile(tc.text).load()
			checkValid(t, c)
			if !errors.Is(err, envconfig.ErrSyntax) || err.Error() != path+tc.want {
				t.Errorf("error %v\nwant  %s%s", err, path, tc.want)
			}
			if c.File != "" || len(c.Sources.File.Ignored) != 1 {
				t.Errorf("file %q from %s: nothing of it was used", c.File, c.Sources.File)
			}
		})
	}
}

// TestSyntaxAccepted: files that people edit may differ from JSON in these ways.
func TestSyntaxAccepted(t *testing.T) {
	for name, text := range map[string]string{
		"JSON":                           asyncFile(`"queue_size": 5`),
		"comments and a trailing comma":  "// a\n/* b */ {\"logging\": { // c\n\"async_logging\": {/* d\n */\"queue_size\": 5,},},}\n// e\n",
		"a comment without a line break": asyncFile(`"queue_size": 5`) + "// the end",
		"BOM":                            "\ufeff" + asyncFile(`"queue_size": 5`),
		"CRLF":                           "{\r\n// a\r\n\"logging\": {\r\n\"async_logging\": {\r\n\"queue_size\": 5\r\n}}}\r\n",
		"escapes in a key":               asyncFile(`"queue\u005fsize": 5`),
		"brackets":                       `{"others": [` + strings.Repeat("[],", 9_000) + `], "logging": {"async_logging": {"queue_size": 5}}}`,
		"comments of brackets":           asyncFile(`"queue_size": 5`) + "/*" + strings.Repeat("]}", 100_000) + "*/",
	} {
		t.Run(name, func(t *testing.T) {
			if c := withFile(text).mustLoad(t); c.QueueSize != 5 || c.Sources.QueueSize.Origin() != envconfig.FromFile {
				t.Errorf("queue size %d from %s", c.QueueSize, c.Sources.QueueSize)
			}
		})
	}
}
