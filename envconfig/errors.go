package envconfig

import (
	"errors"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// The mistakes in a configuration. The errors of [Load] wrap these.
var (
	// ErrInvalid: a value is not one of those allowed.
	ErrInvalid = env.ErrInvalid

	// ErrUnknownKey: the file has a key below "logging" that is not defined.
	ErrUnknownKey = errors.New("unknown key")

	// ErrDuplicateKey: an object in the file has the same key twice.
	ErrDuplicateKey = errors.New("duplicate key")

	// ErrSyntax: the file is not JSON with comments.
	ErrSyntax = errors.New("syntax error")
)

// Reasons for ErrInvalid.
var (
	errUnknownEnvironment = errors.New("no such environment")
	errNotBool            = errors.New("neither true nor false")
)

// errBlank: a variable has only blanks, and counts as unset.
var errBlank = errors.New("blank")
