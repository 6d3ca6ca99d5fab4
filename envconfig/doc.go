// Package envconfig finds out how the log pipeline is to work: from options in
// the code, from environment variables, from a configuration file, and where none
// of them says anything, from a profile for development or for production.
package envconfig
