package cli

import (
	"bufio"
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

// Before a key is deleted or overwritten it is said that it cannot be put back, where the
// journal keeps only digests.
func TestCommandsSayWhatCannotBePutBack(t *testing.T) {
	state, dir := t.TempDir(), "kept-"+filepath.Base(t.TempDir())
	run := func(args ...string) string {
		cmd := program(t, args...)
		for _, set := range cmd.Env {
			if file, ok := strings.CutPrefix(set, "KVIST_CONFIG="); ok {
				text := fmt.Sprintf("[profile.e]\naddress = \"etcdv3://%s\"\njournal_hide = [%q]\n", kvtest.SharedEtcd(t).Addr, dir+"/s")
				require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			}
		}
		cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+state)
		out, _ := cmd.CombinedOutput()
		return string(out)
	}
	for _, key := range []string{"a", "s/a", "t/a"} {
		value := filepath.Join(state, "value")
		require.NoError(t, os.WriteFile(value, []byte(key), 0o600))
		require.Empty(t, run("put", "--file", value, "e/"+dir+"/"+key))
	}
	const says = " cannot be put back: the journal keeps digests of values only"
	require.Contains(t, run("copy", "--dry-run", "--overwrite", "e/"+dir+"/t/", "e/"+dir+"/s/"), "1 key"+says)
	require.NotContains(t, run("copy", "--dry-run", "--overwrite", "e/"+dir+"/s/", "e/"+dir+"/t/"), "put back")
	require.Contains(t, run("rm", "--recursive", "e/"+dir+"/"), "1 key"+says)
	require.Contains(t, run("rm", "e/"+dir+"/s/a"), "1 key"+says)
	require.NotContains(t, run("rm", "e/"+dir+"/a"), "put back")
}
