package stories

import (
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"kvist/kv/kvtest"
)

// control runs etcdctl and returns what it prints.
func (s *scene) control(args ...string) string {
	s.Helper()
	out, err := s.server.CLI(args...)
	if err != nil {
		s.Fatal(err)
	}
	return out
}

// revision returns the revision that the store is at.
func (s *scene) revision() int {
	s.Helper()
	found := regexp.MustCompile(`"revision":(\d+)`).FindStringSubmatch(s.control("get", "nothing", "-w", "json"))
	if found == nil {
		s.Fatal("etcdctl names no revision")
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

// In an incident: somebody's changes are looked at as of before them, with values,
// search and locks as etcdctl reads them at that revision; nothing can be written
// there; steps lead from change to change; and what is compacted meanwhile is told.
func TestTheTreeAsItWas(t *testing.T) {
	t.Parallel()
	s := newScene(t, placeOf("etcdv3"), kvtest.StartEtcd(t)) // its own: it is compacted
	s.control("put", s.key("config/limits"), "rate 100")
	s.control("put", s.key("config/mode"), "calm")
	s.control("put", s.key("services/a"), "addr of a")
	x := s.open()
	lock := s.holding(s.server.Command("lock", s.key("deploy")))
	x.Sees("deploy/")
	s.control("put", s.key("services/b"), "addr of b")
	x.Sees("services/")
	then := s.revision()
	at := strconv.Itoa(then)

	s.control("del", s.key("services/b"))
	s.control("put", s.key("config/limits"), "rate 9000")
	_ = syscall.Kill(-lock.cmd.Process.Pid, syscall.SIGINT)
	<-lock.ended
	s.isGone("deploy/")
	s.control("put", s.key("services/c"), "addr of c")
	x.Type("G=g=")
	x.Sees("limits", "   c")

	x.Type("T")
	x.Sees("Show everything as of", "seen here: revisions")
	x.Type(at)
	x.Press("enter")
	x.Sees("AS OF REVISION "+at, "no writes", "came since", "×    b", "≠│   limits", "deploy/")
	for _, name := range []string{"config/limits", "services/b"} {
		x.Type("g/")
		x.Type("=" + name[strings.LastIndex(name, "/")+1:] + "$")
		x.Press("enter")
		want := strings.TrimPrefix(s.control("get", "--rev", at, s.key(name)), s.key(name)+"\n")
		x.Sees("Value "+s.key(name), want)
		x.Press("esc")
		x.Sees("esc now", "AS OF REVISION "+at)
	}
	for _, key := range []string{"e", "E", "a", "d", "D", "u"} {
		x.Type(key)
		x.Sees("Nothing is written here: this is the past, as of revision " + at)
		x.Answer("esc")
		x.SeesNot("Nothing is written here")
	}
	x.Type("L")
	x.Sees("Locks", "holder", "AS OF REVISION "+at)
	x.Press("esc")
	x.Sees("esc now")
	x.Type("S")
	x.Sees("Search")
	x.Press("tab")
	x.Type("addr of")
	x.Press("enter")
	x.Sees("searched all", "2 hits", "AS OF REVISION "+at) // a and b, not c
	x.Press("esc")
	x.Sees("esc now")

	x.Type("T")
	x.Type("now")
	x.Press("enter")
	x.Sees("● live", "   c")
	x.SeesNot("AS OF")
	s.stays("config/limits", "rate 9000")

	x.Type("g")
	x.Sees("Folder " + s.key("config"))
	x.Type("<")
	x.Sees("AS OF REVISION "+strconv.Itoa(then+2), "~│   limits", "1 changed in "+s.key("config")+"/", "rate 9000")
	x.Type("<")
	x.Sees("AS OF REVISION ", "+    mode", "calm")
	x.Type(">")
	x.Sees("AS OF REVISION "+strconv.Itoa(then+2), "rate 9000")
	x.Type(">")
	x.Sees("no change of " + s.key("config") + "/ after revision " + strconv.Itoa(then+2))

	s.control("compact", strconv.Itoa(s.revision()))
	x.Type("G")
	x.Sees("has been compacted: what was not read yet is gone; the oldest that is kept is "+strconv.Itoa(s.revision()), "limits", "AS OF REVISION")
	x.Type("T")
	x.Type(at)
	x.Press("enter")
	x.Sees("Revision " + at + " is compacted; the oldest that is kept is " + strconv.Itoa(s.revision()))
	x.Press("esc")
	x.Sees("● live")
	s.stays("config/limits", "rate 9000")
	x.Quit()
}
