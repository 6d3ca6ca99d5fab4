// Package trial has the single measurements. Each runs in a process of its own, so that
// no contender pays for another's heap, and nothing is left of one when the next
// begins: a [Spec] goes in, a [Result] comes out. Comparing is for those who run
// them in turn.
package trial
