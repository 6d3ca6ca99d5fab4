// Package contender has the pipelines that are compared, each with the best settings
// that its documentation names. Each file has one contender, with the source of each
// setting.
//
// All log the same message with the same five fields, through the typed calls that
// their documentation calls the fastest. All have the same capacity, where capacity is
// counted in records: that of asynclog's queue.
//
// The measured calls are written out for each library, though zerolog and phuslu/log
// have the same method names: a shared function would have to call them through an
// interface, and its cost would be counted as theirs.
package contender
