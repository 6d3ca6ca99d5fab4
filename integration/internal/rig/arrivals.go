package rig

import "fmt"

// Arrivals has the number of times that each record arrived, by ID.
type Arrivals map[int64]int

// add counts a record, which must be one of the first emitted records of a [Source].
func (a Arrivals) add(r Record, emitted int64) error {
	id, err := IDOf(r)
	if err != nil {
		return err
	}
	if id < 1 || id > emitted {
		return fmt.Errorf("record %d arrived, but was not emitted", id)
	}
	a[id]++
	return nil
}

// Distinct returns how many records arrived, each counted once.
func (a Arrivals) Distinct() int64 { return int64(len(a)) }

// Duplicates returns how many arrivals were repetitions of a record that had arrived.
func (a Arrivals) Duplicates() int64 {
	var n int64
	for _, times := range a {
		n += int64(times - 1)
	}
	return n
}
