package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestModuleTexts(t *testing.T) {
	r := invoke(t, "")
	r.wantStatus(t, exitOK)
	if got := phasesOf(parseRecords(t, r.stdout), "README.md"); !slices.Equal(got, allPhases) {
		t.Errorf("phases of README.md: %v", got)
	}
}

func TestNoTexts(t *testing.T) {
	root := filepath.VolumeName(t.TempDir()) + string(filepath.Separator)
	t.Chdir(root) // the folder for temporary files may be part of a module
	r := invoke(t, "")
	r.wantStatus(t, exitUsage)
	r.wantError(t, "no go.mod in "+root, "name the files to read")

	t.Chdir(t.TempDir())
	if err := os.WriteFile("go.mod", []byte("module x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r = invoke(t, "")
	r.wantStatus(t, exitUsage)
	r.wantError(t, "no Markdown files in ", "name the files to read")
}

func TestUnreadable(t *testing.T) {
	good := writeFile(t, "good.md", text)
	folder := t.TempDir()
	binary := writeFile(t, "binary", "abc\x00def")
	latin1 := writeFile(t, "latin1", "caf\xe9")
	missing := filepath.Join(folder, "missing")

	r := invoke(t, "", "-repeat", "2", missing, folder, binary, latin1, good)
	r.wantStatus(t, exitFailed)
	r.wantError(t,
		"cannot read "+missing+": ",
		"cannot read "+folder+": ",
		"cannot read "+binary+": binary, not text: zero byte at offset 3\n",
		"cannot read "+latin1+": not UTF-8 text: invalid byte 0xe9 at offset 3\n",
		"2 of 10 processed, 8 failed\n",
	)
	r.ledger(t)
	records := parseRecords(t, r.stdout)
	if got := phasesOf(records, good); len(got) != 2*len(allPhases) {
		t.Errorf("phases of the good file: %v", got)
	}
	for i := range records {
		if records[i].attr("document") == binary && records[i].attr("exception.message") != "binary, not text: zero byte at offset 3" {
			t.Errorf("the error is %v", records[i].attr("exception.message"))
		}
	}
	for _, document := range []string{missing, folder, binary, latin1} {
		if got := phasesOf(records, document); !slices.Equal(got, []string{"ERROR"}) {
			t.Errorf("phases of %s: %v, want ERROR", document, got)
		}
	}
}
