package cli

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"

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
