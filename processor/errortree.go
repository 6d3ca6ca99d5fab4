package processor

// maxErrors is how many of the errors that one is made of are looked at. An error
// may wrap itself, and is somebody else's code.
const maxErrors = 100

// eachError calls visit for the error and for those it wraps, each before those
// that it wraps, until visit returns true, which it tells. errors.Is would not
// return from an error that wraps itself.
func eachError(err error, visit func(error) bool) bool {
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

// isError is errors.Is for a target that is comparable.
func isError(err, target error) bool {
	return eachError(err, func(err error) bool {
		if err == target { //nolint:errorlint // this is the walk
			return true
		}
		e, ok := err.(interface{ Is(error) bool })
		return ok && e.Is(target)
	})
}
