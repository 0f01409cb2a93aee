package stories

import (
	"os"
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// Plain kvist lists the profiles. A dead store says so in the list; one whose password
// a command asks for at the terminal has it asked there, and a wrong answer is said in
// the list, too. A key that is typed ahead of the next store acts on nothing.
func TestTheFirstStoreIsChosen(t *testing.T) {
	t.Parallel()
	etcd := newScene(t, placeOf("etcdv3"), placeOf("etcdv3").Shared(t))
	consul := newScene(t, placeOf("consul"), placeOf("consul").Shared(t))
	etcd.put("app/a", "value of a")
	consul.put("app/b", "value of b")
	home := etcd.home
	ask := home.write("ask", "#!/bin/sh\nprintf 'PIN: ' >/dev/tty\nread pin </dev/tty\n[ \"$pin\" = 1234 ] || { echo 'no such PIN' >&2; exit 1; }\necho anonymous\n")
	if err := os.Chmod(ask, 0o700); err != nil {
		t.Fatal(err)
	}
	home.write("config/kvist/config.toml", "[profile.live]\naddress = \""+etcd.address()+"\"\ncolour = \"red\"\n"+
		"[profile.dead]\naddress = \"zk://"+kvtest.DeadAddr()+"\"\n"+
		"[profile.vault]\naddress = \""+consul.address()+"\"\ntoken_command = [\""+ask+"\"]\n")
	x := home.start(110, 32)
	x.Asked("dead", "ZooKeeper", "live", "etcd v3", "vault", "Consul", "embedded")
	x.Type("dead")
	x.Answer("enter")
	x.Asked("not reachable", ": dead")
	x.Answer("ctrl+u")
	x.Asked("vault")
	x.Type("vau")
	x.Answer("enter")
	x.Sees("PIN:")
	x.Type("9\n")
	x.Asked("no such PIN", ": vau")
	x.Answer("enter")
	x.Sees("PIN:")
	x.Type("1234\nD")
	x.Sees("consul://", "● live", "▸ app/")
	x.Answer("P")
	x.Asked("vault", "tab 1")
	x.Type("live")
	x.Answer("enter")
	x.SeesTab("2 ● live")
	x.Sees("▸ app/")
	x.Quit()
	x = home.start(110, 32)
	x.Until("when live was used", func() bool {
		dialog := x.Dialog()
		return strings.Contains(dialog, "just now") || strings.Contains(dialog, "s ago")
	})
	x.Answer("q")
	if code := x.Ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
