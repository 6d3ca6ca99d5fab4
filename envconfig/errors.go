package envconfig

import (
	"errors"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// What can be wrong with a configuration. The errors of [Load] wrap these.
var (
	// ErrInvalid: a value is not one of those allowed.
	ErrInvalid = env.ErrInvalid

	// ErrUnknownKey: the file has a key below "logging" that means nothing.
	ErrUnknownKey = errors.New("unknown key")

	// ErrDuplicateKey: the file has the same key twice in one object.
	ErrDuplicateKey = errors.New("duplicate key")

	// ErrSyntax: the file is not JSON with comments.
	ErrSyntax = errors.New("syntax error")
)

// Reasons for ErrInvalid.
var (
	errNoEnvironment = errors.New("no such environment")
	errNoBool        = errors.New("neither true nor false")
)

// errBlank says that a variable is set to nothing but blanks, and so says nothing.
var errBlank = errors.New("blank")
