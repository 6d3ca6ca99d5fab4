package asynclog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/url"
	"strconv"

	"github.com/krunchwrapper/asynclog/envconfig"
)

// change is what is to be changed: what is not nil.
type change struct {
	level   *slog.Level
	verbose *bool
}

var errNoChange = errors.New(`nothing to change: give "level", "verbose" or both, as JSON or as a form`)

// readChange reads JSON also where a form is announced, as curl does for its option -d.
func readChange(body io.Reader, contentType string) (change, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return change{}, err
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

func readJSON(text []byte) (change, error) {
	var fields struct {
		Level   *string `json:"level"`
		Verbose *bool   `json:"verbose"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
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

func readForm(text []byte) (change, error) {
	var c change
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
