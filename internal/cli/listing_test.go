package cli

import (
	"bytes"
	"strings"
	"testing"

	"kvist/internal/config"
	"kvist/kv"
)

// A node that may not be read hides nothing else, and is reported.
func TestForbiddenPart(t *testing.T) {
	server := zooKeeperWithLogin(t, "olga")
	address := string(config.ZK) + "://" + server.Addr
	write := func(value string) {
		t.Helper()
		cmd := program(t, "put", address, "open/key")
		cmd.Stdin = strings.NewReader(value)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s, %v", out, err)
		}
	}
	write("value")
	cmd := program(t, "ls", address)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitDenied || !strings.Contains(out.String(), "open/key\n") ||
		!strings.HasPrefix(said.String(), "kvist: there may be more keys: Listing on ZooKeeper ") {
		t.Errorf("ls: exit code %d, %q, %q", code, out.String(), said.String())
	}
	lines, end := watching(t, "--json", address)
	defer end()
	live := until(t, lines, func(line map[string]any) bool { return line["state"] == "live" })
	if told, _ := live["error"].(string); !strings.Contains(told, "may not be read") {
		t.Errorf("the watch does not tell that there is more: %v", live)
	}
	write("other")
	until(t, lines, func(line map[string]any) bool { return line["key"] == "open/key" && line["kind"] == "put" })
	out2, err := program(t, "watch", address, "secure").CombinedOutput()
	if err == nil || !strings.Contains(string(out2), "access denied") {
		t.Errorf("a watch of what may not be read: %v, %q", err, out2)
	}
	removed := program(t, "rm", "--recursive", "--yes", address, "open")
	if out, err := removed.CombinedOutput(); err != nil || !strings.Contains(string(out), "kvist: Delete plan: ") {
		t.Errorf("a plan that sees all: %v, %q", err, out)
	}
}

// A size that no listing contained does not count as 0.
func TestPlanTellsTheBytesThatAreKnown(t *testing.T) {
	for want, totals := range map[string]kv.PlanTotals{
		"10 bytes": {Bytes: 10}, "at least 3 bytes": {Bytes: 3, Unsized: 1}, "1 byte": {Bytes: 1}, "sizes unknown": {Unsized: 2},
	} {
		if got := planBytes(totals, 2); got != want {
			t.Errorf("%+v is %q, want %q", totals, got, want)
		}
	}
}
