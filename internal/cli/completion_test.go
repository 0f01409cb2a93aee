package cli

import (
	"regexp"
	"strings"
	"testing"

	"kvist/internal/config"
)

// actsOn is what PowerShell acts on in an argument that is not quoted. It takes the quotes and
// dashes of typography for those of ASCII.
const actsOn = " \t\r\n'\"`$(){};,|&<>#@‘’‚‛“”„–—―"

// The script for PowerShell, which no test runs, asks the program, and whatever key is offered, it
// puts a line on which PowerShell acts on nothing: the program escapes most, the script the rest.
func TestPowerShellActsOnNothing(t *testing.T) {
	script := inProcess(t, "", "", "completion", "powershell").out
	for _, want := range []string{
		"Register-ArgumentCompleter -CommandName 'kvist'", `"$Program __complete $Arguments"`, "${env:KVIST_ACTIVE_HELP}=0",
		"$comp.Name | __kvist_escapeStringWithSpecialChars",
	} {
		if !strings.Contains(script, want) {
			t.Errorf("it does not have %s", want)
		}
	}
	escapes := regexp.MustCompile("\\$_ -replace '(.*)','`\\$&'").FindStringSubmatch(script)
	if escapes == nil {
		t.Fatalf("it escapes nothing:\n%s", script)
	}
	escaped, err := regexp.Compile(strings.ReplaceAll(escapes[1], "''", "'"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range actsOn {
		for _, offered := range config.EncodeForShell("a" + string(c)) {
			if strings.ContainsRune(actsOn, offered) && !escaped.MatchString(string(offered)) {
				t.Errorf("of %q, PowerShell acts on %q", c, offered)
			}
		}
	}
}

// The script for bash does without the package bash-completion, and its help does not ask for it.
func TestBashNeedsNoPackage(t *testing.T) {
	if help := inProcess(t, "", "", "completion", "bash", "--help").out; strings.Contains(help, "depends on") ||
		!strings.Contains(help, "with and without\nthe package bash-completion") {
		t.Errorf("it says:\n%s", help)
	}
}
