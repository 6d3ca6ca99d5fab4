// Package contender has the pipelines that are compared, each with the best settings
// that its documentation names. One file has one of them, with the source of each
// setting.
//
// All log the same message with the same five fields, through the typed calls of
// their own that their documentation calls the fastest, and all are given the same
// room: as many records as the queue of asynclog holds, where room is counted in
// records.
package contender
