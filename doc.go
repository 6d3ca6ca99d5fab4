// Package asynclog starts the log pipeline of a process.
package asynclog
