package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kvist/kv/kvtest"
)

// The next program removes the journal that an embedded store left when its program
// was killed.
func TestAKilledProgramsEmbeddedJournalIsRemoved(t *testing.T) {
	temp := t.TempDir()
	left := func() []string {
		found, err := filepath.Glob(filepath.Join(temp, "kvist-journal-*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	env := []string{"TMPDIR=" + temp, "XDG_RUNTIME_DIR=", "TEST_EMBEDDED=" + kvtest.SharedEtcdEmbedded(t).Addr}
	killed := program(t, "watch", "--json", "embedded:///nothing")
	killed.Env = append(killed.Env, env...)
	out, err := killed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, bufio.NewScanner(out), func(line map[string]any) bool { return line["state"] == "live" })
	if len(left()) != 1 {
		t.Fatalf("while it runs there is %q", left())
	}
	if err := killed.Process.Signal(os.Kill); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	next := program(t, "ls", "embedded://")
	next.Env = append(next.Env, env...)
	if text, err := next.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if len(left()) != 0 {
		t.Errorf("left are %q", left())
	}
}

// Before a key is deleted or overwritten it is said, apart from the results, that it cannot
// be put back, where the journal is off or keeps only digests.
func TestCommandsSayWhatCannotBePutBack(t *testing.T) {
	state, dir := t.TempDir(), "kept-"+filepath.Base(t.TempDir())
	run := func(args ...string) (out, said string) {
		cmd := program(t, args...)
		for _, set := range cmd.Env {
			if file, ok := strings.CutPrefix(set, "KVIST_CONFIG="); ok {
				profile := "[profile.%s]\naddress = \"etcdv3://%s\"\n%s\n"
				addr := kvtest.SharedEtcd(t).Addr
				text := fmt.Sprintf(profile+profile, "e", addr, fmt.Sprintf("journal_hide = [%q]", dir+"/s"), "k", addr, `journal = "keys"`)
				require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			}
		}
		cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+state)
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		_ = cmd.Run() // what is not agreed to fails
		return stdout.String(), stderr.String()
	}
	value := filepath.Join(state, "value")
	require.NoError(t, os.WriteFile(value, []byte(`[{"key":"a","flags":0,"value":"bmV3"}]`), 0o600))
	at := func(profile, key string) string { return profile + "/" + dir + "/" + key }
	const (
		digests = "1 key cannot be put back: the journal keeps digests of values only"
		off     = "1 key cannot be put back: the journal is off"
	)
	for _, c := range []struct{ args, says string }{ // "" if all can be put back
		{"put --file " + value + " " + at("e", "a"), ""}, // all of these are new
		{"put --file " + value + " " + at("e", "s/a"), ""},
		{"put --journal off --file " + value + " " + at("e", "t/a"), ""},
		{"put --create --journal off --file " + value + " " + at("e", "t/b"), ""},
		{"put --file " + value + " " + at("e", "t/a"), ""},
		{"put --json --file " + value + " " + at("e", "s/a"), digests},
		{"put --json --file " + value + " " + at("k", "a"), digests},
		{"put --cas 1 --file " + value + " " + at("k", "a"), digests},
		{"put --json --journal off --file " + value + " " + at("e", "a"), off},
		{"copy --dry-run --overwrite " + at("e", "s/") + " " + at("e", "x/"), ""},
		{"put --file /dev/null " + at("e", "t/a"), ""},
		{"copy --dry-run --json --overwrite " + at("e", "t/") + " " + at("e", "s/"), digests},
		{"copy --dry-run --overwrite " + at("e", "s/") + " " + at("e", "t/"), ""},
		{"copy --dry-run --json --overwrite --journal off " + at("e", "s/") + " " + at("e", "t/"), off},
		{"import --dry-run --json --overwrite --journal off " + at("e", "t") + " " + value, off},
		{"import --dry-run --journal off " + at("e", "t") + " " + value, ""}, // it stays
		{"move --dry-run " + at("e", "s/") + " " + at("e", "x/"), ""},        // it can be moved back
		{"move --dry-run --json --journal off " + at("e", "s/") + " " + at("e", "x/"), off},
		{"move --json --yes --journal off " + at("e", "s/") + " " + at("e", "x/"), off},
		{"move --yes " + at("e", "x/") + " " + at("e", "s/"), ""},
		{"rm --recursive " + at("e", "s/"), digests},
		{"rm --recursive --json --yes --journal off " + at("e", "t/b"), off},
		{"rm " + at("e", "s/a"), digests},
		{"rm --journal off " + at("e", "t/a"), off},
		{"rm " + at("e", "a"), ""},
	} {
		out, said := run(strings.Fields(c.args)...)
		switch {
		case c.says == "":
			require.NotContains(t, said, "put back", c.args)
		default:
			require.Equal(t, 1, strings.Count(said, c.says), "%s: %s", c.args, said)
		}
		require.NotContains(t, out, "put back", c.args)
		if strings.Contains(c.args, "--json") {
			for line := range strings.Lines(out) {
				require.True(t, json.Valid([]byte(line)), "%s: %s", c.args, line)
			}
			require.NotEmpty(t, out, c.args)
		}
	}
}
