// Package trial makes single measurements, called trials. Each trial runs in a process of
// its own, so that a contender does not pay for another's heap and nothing of a trial is
// left when the next one begins. A [Spec] goes in, a [Result] comes out. Package pair
// compares results.
package trial
