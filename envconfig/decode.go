package envconfig

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tailscale/hujson"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// fileValues is what the file says.
type fileValues struct {
	verbose        finding[bool]
	async          finding[bool]
	queueSize      finding[int]
	batchSize      finding[int]
	exportInterval finding[time.Duration]
}

// parseFile returns what the text of a file says, and all that is wrong with it.
// A value in error is left out.
func parseFile(path string, text []byte) (fileValues, []error) {
	src, root, err := parseJSONC(path, text)
	if err != nil {
		return fileValues{}, []error{err}
	}
	d := &decoder{source: src}
	var v fileValues
	d.root(root, member{keyLogging, d.object(
		member{keyVerbose, value(d, &v.verbose, "true or false", boolean)},
		member{keyAsync, d.object(
			member{keyEnabled, value(d, &v.async, "true or false", boolean)},
			member{keyQueueSize, value(d, &v.queueSize, allowedWhole, whole)},
			member{keyBatchSize, value(d, &v.batchSize, allowedWhole, whole)},
			member{keyWorkerTime, value(d, &v.exportInterval, "a number of seconds above 0, such as 0.1", seconds)},
		)},
	)})
	if d.more > 0 {
		d.errs = append(d.errs, fmt.Errorf("%s: and %d more errors", path, d.more))
	}
	return v, d.errs
}

// maxErrors bounds how much is said about one file.
const maxErrors = 100

// decoder reads the values of a file and collects what is wrong with them.
type decoder struct {
	source source
	errs   []error
	more   int // errors that errs has no room for
}

// member is a key of an object, and how its value is read.
type member struct {
	key  string
	read func(path string, v hujson.Value)
}

func (d *decoder) fail(v hujson.Value, format string, args ...any) {
	if len(d.errs) >= maxErrors {
		d.more++
		return
	}
	d.errs = append(d.errs, d.source.errorf(v.StartOffset, format, args...))
}

// duplicate tells of a key that stands in its object for a second time.
func (d *decoder) duplicate(path string, first, again hujson.Value) {
	line, _ := d.source.position(first.StartOffset)
	d.fail(again, "%s: %w; allowed: once, as in line %d", path, ErrDuplicateKey, line)
}

// root reads the object that is the whole file. Other programs may have keys of
// their own in it. But where ours is missing, a key that differs from it in its case,
// or in one letter, is hardly somebody else's.
func (d *decoder) root(v hujson.Value, ours member) {
	obj, ok := v.Value.(*hujson.Object)
	if !ok {
		d.fail(v, "%w (%s); allowed: an object such as {%q: {}}", ErrInvalid, describe(v), ours.key)
		return
	}
	var mine, alike []hujson.ObjectMember
	for _, m := range obj.Members {
		switch key := keyOf(m); {
		case key == ours.key:
			mine = append(mine, m)
		case len(key) <= len(ours.key)+1 && distance(strings.ToLower(key), ours.key) <= 1:
			alike = append(alike, m)
		}
	}
	if len(mine) == 0 {
		for _, m := range alike {
			d.fail(m.Name, "%s: %w; did you mean %q?", printable(keyOf(m)), ErrUnknownKey, ours.key)
		}
		return
	}
	for _, m := range mine[1:] {
		d.duplicate(ours.key, mine[0].Name, m.Name)
	}
	ours.read(ours.key, mine[0].Value)
}

// object reads an object that has these members and no others, each at most once.
func (d *decoder) object(members ...member) func(string, hujson.Value) {
	return func(path string, v hujson.Value) {
		obj, ok := v.Value.(*hujson.Object)
		if !ok {
			d.fail(v, "%s = %s: %w (%s); allowed: an object", path, quote(v), ErrInvalid, describe(v))
			return
		}
		seen := make(map[string]hujson.Value, len(members))
		for _, m := range obj.Members {
			key := keyOf(m)
			known := find(members, key)
			if known == nil {
				d.fail(m.Name, "%s.%s: %w; %sallowed: %s", path, printable(key), ErrUnknownKey, didYouMean(key), keys(members))
				continue
			}
			if first, ok := seen[key]; ok {
				d.duplicate(path+"."+key, first, m.Name)
				continue
			}
			seen[key] = m.Name
			known.read(path+"."+key, m.Value)
		}
	}
}

func find(members []member, key string) *member {
	for i := range members {
		if members[i].key == key {
			return &members[i]
		}
	}
	return nil
}

func keys(members []member) string {
	var b strings.Builder
	for i, m := range members {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(m.key)
	}
	return b.String()
}

// keyOf returns the key of a member as it is meant: hujson has made sure that it is
// a valid string.
func keyOf(m hujson.ObjectMember) string {
	lit, _ := m.Name.Value.(hujson.Literal)
	return lit.String()
}

// value reads a value that is not an object. parse returns the mere reason as its
// error.
func value[T any](
	d *decoder,
	into *finding[T],
	allowed string,
	parse func(hujson.Literal) (T, error),
) func(string, hujson.Value) {
	return func(path string, v hujson.Value) {
		lit, ok := v.Value.(hujson.Literal)
		var parsed T
		err := errors.New(describe(v))
		if ok {
			parsed, err = parse(lit)
		}
		line, column := d.source.position(v.StartOffset)
		if err != nil {
			d.fail(v, "%s = %s: %w (%w); allowed: %s", path, quote(v), ErrInvalid, err, allowed)
			into.ignored = []string{fmt.Sprintf("%s at %s:%d:%d", quote(v), d.source.path, line, column)}
			return
		}
		*into = finding[T]{value: parsed, ok: true, source: Source{
			origin: originFile, Name: path, File: d.source.path, Line: line, Column: column,
		}}
	}
}

// describe says what a value is that is of the wrong kind.
func describe(v hujson.Value) string {
	switch v.Value.Kind() {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 'n':
		return "null; leave the key out instead"
	default:
		return "true or false"
	}
}

// quote writes a value into a message.
func quote(v hujson.Value) string {
	switch lit, ok := v.Value.(hujson.Literal); {
	case ok:
		return printable(string(lit))
	case v.Value.Kind() == '{':
		return "{…}"
	default:
		return "[…]"
	}
}

var allowedWhole = "a whole number from 1 to " + strconv.Itoa(math.MaxInt)

var errFraction = errors.New("not a whole number")

func boolean(lit hujson.Literal) (bool, error) {
	switch string(lit) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, wrongKind(lit)
	}
}

// whole reads a whole number, also one that is written as 1e4 or 100.0.
func whole(lit hujson.Literal) (int, error) {
	if lit.Kind() != '0' {
		return 0, wrongKind(lit)
	}
	n, err := strconv.Atoi(string(lit))
	if errors.Is(err, strconv.ErrSyntax) {
		var f float64
		if f, err = strconv.ParseFloat(string(lit), 64); err == nil {
			switch {
			case f != math.Trunc(f):
				return 0, errFraction
			case f >= math.MaxInt: // which is one more, as a float64
				err = strconv.ErrRange
			default:
				n = int(max(f, -1))
			}
		}
	}
	switch {
	case strings.HasPrefix(string(lit), "-"), err == nil && n < 1:
		return 0, env.ErrTooSmall
	case err != nil:
		return 0, strconv.ErrRange
	}
	return n, nil
}

// seconds reads a duration in seconds. Like the variables of OpenTelemetry, it takes
// one that is too long as the longest there is.
func seconds(lit hujson.Literal) (time.Duration, error) {
	if lit.Kind() != '0' {
		return 0, wrongKind(lit)
	}
	f, err := strconv.ParseFloat(string(lit), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, err
	}
	nanos := math.Round(f * float64(time.Second))
	switch {
	case nanos < 1:
		return 0, errors.New("less than a nanosecond")
	case nanos >= math.MaxInt64:
		return math.MaxInt64, nil
	}
	return time.Duration(nanos), nil
}

func wrongKind(lit hujson.Literal) error {
	return errors.New(describe(hujson.Value{Value: lit}))
}
