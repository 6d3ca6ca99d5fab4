package exporterr

import (
	"time"
)

// Class is what an error means for the batch whose export failed. The classes are those
// of package processor, which documents them.
type Class uint8

// The classes.
const (
	Unknown Class = iota
	Transient
	Permanent
	Poisoned
)

// MaxHint is the longest pause that a receiver can ask for.
const MaxHint = 30 * time.Second

// Classify returns what the error means, and how long the receiver asks to wait; 0 if it
// does not ask. The class of an error that panics when it is examined is Unknown.
func Classify(err error) (class Class, hint time.Duration) {
	var best evidence
	defer func() {
		if recover() != nil {
			class, hint = Unknown, 0
		}
	}()
	walk(err, func(err error) bool {
		e := examine(err)
		best.hint = max(best.hint, e.hint)
		if e.weight > best.weight || e.weight == best.weight && e.class == Transient {
			best.class, best.weight = e.class, e.weight
		}
		return false
	})
	return best.class, max(best.hint, 0)
}

// evidence is what one error of the tree says. The evidence with the highest weight
// decides.
type evidence struct {
	class  Class
	weight int // 0: no evidence
	hint   time.Duration
}

// The weights.
const (
	byText   = iota + 1 // the text of the error
	byKind              // its type or value
	byStatus            // the status that the receiver answered
	byItself            // its own word that it is permanent
)

// examine looks at the error itself, not at the errors that it wraps.
func examine(err error) evidence {
	if permanent(err) {
		return evidence{Permanent, byItself, 0}
	}
	if class, hint, ok := grpcClass(err); ok {
		return evidence{class, byStatus, hint}
	}
	if code, ok := httpStatus(err); ok {
		return evidence{httpClass(code), byStatus, 0}
	}
	if hint, ok := retryableError(err); ok {
		return evidence{Transient, byKind, hint}
	}
	if class, ok := kindClass(err); ok {
		return evidence{class, byKind, 0}
	}
	if class, ok := textClass(err.Error()); ok {
		return evidence{class, byText, 0}
	}
	return evidence{}
}
