// Package docs tests the documents: README.md, the files in docs, and the README of
// examples/otlp.
//
// Every Go block is compiled. A block that begins with a package clause is a whole
// program: it is compiled as it is, and run, and must end by itself with status 0.
// Any other block is a fragment, which is completed:
//
//   - Statements become the body of a function that returns an error. Declarations,
//     such as functions, stay at the top level.
//   - Imports are added for the package names in the table imports.
//   - Names in the table wellKnown, such as ctx, exporter and p, are declared if the
//     fragment uses them and does not declare them.
//   - A variable that a fragment declares and does not use is no error.
//
// An HTML comment in the line before a block, which readers do not see, adds what is
// missing, as Go declarations:
//
//	<!-- go: var p *processor.Processor -->
//
// Its declarations take precedence over the table. Before a program,
//
//	<!-- go: norun -->
//
// has it compiled only. A Go block must not contain an ellipsis in place of code.
//
// In shell blocks, and in code in the text that begins with make or go, make targets,
// paths, and the flags of this repository's programs must exist. Environment variables
// must occur in the source. Links to files and headings must lead somewhere.
package docs
