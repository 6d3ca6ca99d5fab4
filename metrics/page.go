package metrics

import (
	"crypto/sha256"
	_ "embed" // for go:embed
	"encoding/base64"
	"strings"
)

// The page is one document with no external asset. It works where a browser reaches
// nothing but this server, and under a policy that allows nothing but its own
// script and style.
var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/draw.js
	drawJS string
	//go:embed page/tables.js
	tablesJS string
	//go:embed page/live.js
	liveJS string

	page, pagePolicy = assemble(pageHTML, pageCSS, drawJS+tablesJS+liveJS)
)

// assemble returns the document and its Content-Security-Policy. The policy names
// the hashes of the style and of the script, so nothing that the name of an
// operation could inject is run.
func assemble(html, style, script string) (document []byte, policy string) {
	document = []byte(strings.NewReplacer("{{style}}", style, "{{script}}", script).Replace(html))
	policy = "default-src 'none'; script-src " + hashSource(script) + "; style-src " + hashSource(style) +
		"; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return document, policy
}

func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
