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

// fileValues are the values in the file.
type fileValues struct {
	verbose        finding[bool]
	async          finding[bool]
	queueSize      finding[int]
	batchSize      finding[int]
	exportInterval finding[time.Duration]
}

// parseFile returns the values in the text of a file, and all its mistakes. It leaves
// invalid values out.
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
			member{keyWorkerTimeout, value(d, &v.exportInterval, "a number of seconds above 0, such as 0.1", seconds)},
		)},
	)})
	if d.more > 0 {
		d.errs = append(d.errs, fmt.Errorf("%s: and %d more errors", path, d.more))
	}
	return v, d.errs
}

// maxErrors bounds the number of errors about one file.
const maxErrors = 100

// decoder reads the values of a file and collects its mistakes.
type decoder struct {
	source source
	errs   []error
	more   int // the number of errors beyond maxErrors
}

// member is a key of an object, with the function that reads its value.
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

// duplicate reports a key that its object has more than once.
func (d *decoder) duplicate(path string, first, again hujson.Value) {
	line, _ := d.source.position(first.StartOffset)
	d.fail(again, "%s: %w; allowed: once, as in line %d", path, ErrDuplicateKey, line)
}

// root reads the object that is the whole file. Other programs may have keys of their
// own in it. But if ours is missing, a key that differs from it only in its case or in
// one letter is an error: it is hardly another program's.
func (d *decoder) root(v hujson.Value, ours member) {
	obj, ok := v.Value.(*hujson.Object)
	if !ok {
		d.fail(v, "%w (%s); allowed: an object such as {%q: {}}", ErrInvalid, kindName(v), ours.key)
		return
	}
	var matches, similar []hujson.ObjectMember
	for _, m := range obj.Members {
		switch key := keyOf(m); {
		case key == ours.key:
			matches = append(matches, m)
		case len(key) <= len(ours.key)+1 && distance(strings.ToLower(key), ours.key) <= 1:
			similar = append(similar, m)
		}
	}
	if len(matches) == 0 {
		for _, m := range similar {
			d.fail(m.Name, "%s: %w; did you mean %q?", printable(keyOf(m)), ErrUnknownKey, ours.key)
		}
		return
	}
	for _, m := range matches[1:] {
		d.duplicate(ours.key, matches[0].Name, m.Name)
	}
	ours.read(ours.key, matches[0].Value)
}

// object returns a function that reads an object. The object may have these members and
// no others, each at most once.
func (d *decoder) object(members ...member) func(string, hujson.Value) {
	return func(path string, v hujson.Value) {
		obj, ok := v.Value.(*hujson.Object)
		if !ok {
			d.fail(v, "%s = %s: %w (%s); allowed: an object", path, quote(v), ErrInvalid, kindName(v))
			return
		}
		seen := make(map[string]hujson.Value, len(members))
		for _, m := range obj.Members {
			key := keyOf(m)
			known := findMember(members, key)
			if known == nil {
				d.fail(m.Name, "%s.%s: %w; %sallowed: %s", path, printable(key), ErrUnknownKey, didYouMean(key), keysOf(members))
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

func findMember(members []member, key string) *member {
	for i := range members {
		if members[i].key == key {
			return &members[i]
		}
	}
	return nil
}

func keysOf(members []member) string {
	var b strings.Builder
	for i, m := range members {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(m.key)
	}
	return b.String()
}

// keyOf returns the decoded key of a member. hujson has checked that it is a valid
// string.
func keyOf(m hujson.ObjectMember) string {
	lit, _ := m.Name.Value.(hujson.Literal)
	return lit.String()
}

// value returns a function that reads a value that is not an object. The error of parse
// has only the reason.
func value[T any](
	d *decoder,
	into *finding[T],
	allowed string,
	parse func(hujson.Literal) (T, error),
) func(string, hujson.Value) {
	return func(path string, v hujson.Value) {
		lit, ok := v.Value.(hujson.Literal)
		var parsed T
		err := errors.New(kindName(v))
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

// kindName returns the kind of a value in words, for a value of the wrong kind.
func kindName(v hujson.Value) string {
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

// quote returns the text of a value for an error message.
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

// whole reads a whole number, which may be written as 1e4 or 100.0.
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
			case f >= math.MaxInt: // as a float64 it is MaxInt + 1
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

// seconds reads a duration in seconds. A duration that is too long becomes the longest
// possible one, as with OpenTelemetry's variables.
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
	return errors.New(kindName(hujson.Value{Value: lit}))
}
