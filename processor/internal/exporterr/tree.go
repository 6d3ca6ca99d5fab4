package exporterr

// maxErrors is how many errors of a tree are examined. An error may wrap itself.
const maxErrors = 100

// walk calls visit for the error and for the errors that it wraps, each before the ones
// that it wraps itself, until visit returns true. It reports whether visit did. errors.Is
// would not return from an error that wraps itself.
func walk(err error, visit func(error) bool) bool {
	stack := []error{err}
	for n := 0; len(stack) > 0 && n < maxErrors; n++ {
		err := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if err == nil {
			continue
		}
		if visit(err) {
			return true
		}
		switch e := err.(type) { //nolint:errorlint // this is the walk
		case interface{ Unwrap() error }:
			stack = append(stack, e.Unwrap())
		case interface{ Unwrap() []error }:
			inner := e.Unwrap()
			for i := min(len(inner), maxErrors) - 1; i >= 0; i-- {
				stack = append(stack, inner[i])
			}
		}
	}
	return false
}

// Is is errors.Is for a comparable target. It returns for errors that wrap themselves,
// too. It may panic if a method of the error does.
func Is(err, target error) bool {
	return walk(err, func(err error) bool {
		if err == target { //nolint:errorlint // this is the walk
			return true
		}
		e, ok := err.(interface{ Is(error) bool })
		return ok && e.Is(target)
	})
}

// As is [errors.AsType], without the As methods of errors. It returns for errors that wrap
// themselves, too. It may panic if a method of the error does.
func As[E error](err error) (found E, ok bool) {
	ok = walk(err, func(err error) bool {
		e, is := err.(E) //nolint:errorlint // this is the walk
		if is {
			found = e
		}
		return is
	})
	return found, ok
}
