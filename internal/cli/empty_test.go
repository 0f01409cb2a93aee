package cli

import (
	"strings"
	"testing"
)

// An empty argument, as of a variable that is not set, is refused by every command: it is
// neither the profile "default" nor the embedded store, nor the last write.
func TestEmptyArgumentsAreRefused(t *testing.T) {
	const settings = "[profile.default]\naddress = \"consul://127.0.0.1:1/app\"\n"
	for _, line := range []string{
		"''", "doctor ''", "config ''", "get '' key", "put '' key", "rm --yes --recursive '' key", "ls ''", "ls default ''", "watch ''",
		"locks ''", "history '' key", "export ''", "export default ''", "import '' file", "copy default/a ''", "copy '' default/a",
		"move --yes default/a ''", "diff '' default/a", "diff default/a ''", "journal ''", "undo --yes ''", "undo --yes default ''",
	} {
		args := strings.Fields(line)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "''", "")
		}
		if r := inProcess(t, settings, "value", args...); r.code != exitUsage || !strings.Contains(r.said, "is empty") {
			t.Errorf("%s: code %d, %q", line, r.code, r.said)
		}
	}
}
