package stories

import (
	"fmt"
	"strings"
	"testing"
)

// nextTab is what terminals send for ctrl+pgdown.
const nextTab = "\x1b[6;5~"

// tabLine returns the first line of the screen.
func (x *terminal) tabLine() string {
	first, _, _ := strings.Cut(x.Text(), "\n")
	return first
}

// SeesTab waits until the line of tabs has a text.
func (x *terminal) SeesTab(text string) {
	x.Helper()
	x.Until(fmt.Sprintf("%q in the line of tabs", text), func() bool { return strings.Contains(x.tabLine(), text) })
}

// An etcd and a Consul are open beside each other. While the server of one is killed,
// the other is edited and saved; it comes back in its tab, and what is typed there
// when the program ends is kept. At the next start the cursor is where it was, and so
// are the tabs: the Consul, which is down, is not asked for anything before somebody
// goes there, and a closed tab stays away.
func TestTwoStoresInTabs(t *testing.T) {
	t.Parallel()
	etcd := newScene(t, placeOf("etcdv3"), placeOf("etcdv3").Shared(t))
	consul := newScene(t, placeOf("consul"), placeOf("consul").Start(t))
	home := etcd.home
	home.write("config/kvist/config.toml", "[profile.live]\naddress = \""+etcd.address()+"\"\n[profile.trial]\naddress = \""+consul.address()+"\"\n")
	for _, s := range []*scene{etcd, consul} {
		s.put("app/a", "value of a")
		s.put("app/b", "value of b")
	}
	x := home.start(110, 32, "live")
	x.Sees("● live", "▸ app/")
	x.Press("P")
	x.Asked("trial", consul.address(), "tab 1")
	x.Type("tri")
	x.Press("enter")
	x.Sees("this is trial", "● live", "▸ app/")
	x.SeesTab("2 ● trial")
	x.Answer("g", "t") // no key right behind what has just opened
	x.Sees("etcdv3://")
	x.Press("l", "j")
	x.Sees("value of a")
	x.Press("e")
	x.Sees(" editing ")
	consul.server.Kill()
	x.SeesTab("2 ! trial")
	x.Type("new ")
	x.Press("ctrl+s")
	x.Sees("saved " + etcd.key("app/a"))
	etcd.stays("app/a", "new value of a")
	if err := consul.server.Restart(); err != nil {
		t.Fatal(err)
	}
	x.SeesTab("2 ● trial")
	x.Type("gt")
	x.Sees("consul://", "● live")
	x.Press("l", "j", "j")
	x.Sees("value of b")
	x.Press("e")
	x.Sees(" editing ")
	x.Type("begun ")
	x.Sees("begun value of b")
	x.Type(nextTab)
	x.Sees("etcdv3://", "new value of a")
	x.Quit()
	if kept := home.drafts(consul.address()); len(kept) != 1 || string(kept[0].Mine) != "begun value of b" {
		t.Errorf("the drafts are %+v", kept)
	}
	consul.server.Kill()
	x = home.start(110, 32, "live")
	x.Sees("● live", "▾ app/", "new value of a")
	x.SeesTab("2   trial")
	x.Type("gt")
	x.Sees("connection refused", "enter open")
	if err := consul.server.Restart(); err != nil {
		t.Fatal(err)
	}
	x.Answer("enter")
	x.Sees("consul://", "● live", "▾ app/", "value of b")
	x.SeesTab("2 ● trial")
	x.Answer("g", "q")
	x.Sees("closed trial", "new value of a")
	x.Quit()
	x = home.start(110, 32, "live")
	x.Sees("● live", "▾ app/", "new value of a")
	x.SeesNot("trial")
	x.Quit()
	x = home.start(110, 32, "--fresh", "live")
	x.Sees("● live", "▸ app/")
	x.Quit()
}
