package envconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxFileSize bounds the number of bytes read, in case the path is that of an endless
// stream.
const maxFileSize = 1 << 20

// file reads the configuration file, if there is one, and sets its path and source in c.
func (l *loader) file(c *Config) fileValues {
	var named finding[string]
	what := "the default configuration file"
	switch {
	case l.opts.noFile:
		c.Sources.File = Source{origin: originOption, Name: "WithoutFile"}
		return fileValues{}
	case l.opts.file != "":
		named = finding[string]{value: l.opts.file, ok: true, source: Source{origin: originOption, Name: "WithFile"}}
		what = fmt.Sprintf("envconfig.WithFile(%q)", clip(l.opts.file))
	default:
		if named = variable(l, varConfig, func(_, v string) (string, error) { return v, nil }); named.ok {
			what = fmt.Sprintf("%s=%q", varConfig, clip(named.value))
		}
	}

	path := named.value
	if !named.ok {
		path = defaultFile
		named.source = Source{origin: originDetection, Name: "the default path"}
	}
	c.Sources.File = named.source

	text, err := l.opts.readFile(path)
	switch {
	case err != nil && !named.ok && isMissing(err):
		c.Sources.File.Name = "no " + defaultFile
		return fileValues{}
	case err != nil:
		// Ignoring a named file would silently drop its values.
		l.fail(fmt.Errorf("%s: %w", what, quotePath(err)))
		c.Sources.File.Ignored = []string{shownPath(path)}
		return fileValues{}
	}

	values, errs := parseFile(path, text)
	l.errs = append(l.errs, errs...)
	if errors.Is(errors.Join(errs...), ErrSyntax) {
		c.Sources.File.Ignored = []string{shownPath(path)}
		return fileValues{}
	}
	c.File = path
	return values
}

// isMissing reports whether there is no file at the default path. The error is ENOTDIR if
// the working directory has a file called config.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// errNotRegular: the path is that of a FIFO, a device, a directory or a socket. Reading
// one may wait for ever, never end, or have an effect.
var errNotRegular = errors.New("not a regular file")

// readFile reads at most one byte more than maxFileSize, so that parseJSONC can report a
// larger file. It looks at the file before it opens it, because to open a device or a FIFO
// may have an effect on others, and once more afterwards, because another file may have
// taken its place; openFile does not wait for that one.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := checkRegular(path, info); err != nil {
		return nil, err
	}
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if err := checkRegular(path, info); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, maxFileSize+1))
}

func checkRegular(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	reason := errNotRegular
	if info.IsDir() {
		reason = syscall.EISDIR
	}
	return &fs.PathError{Op: "read", Path: path, Err: reason}
}

// quotePath quotes and clips the path in an error of the file system if need be, as
// shownPath does: the error's own text has it as it is.
func quotePath(err error) error {
	e := (*fs.PathError)(nil)
	if errors.As(err, &e) && shownPath(e.Path) != e.Path {
		return &fs.PathError{Op: e.Op, Path: shownPath(e.Path), Err: e.Err}
	}
	return err
}
