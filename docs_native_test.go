package main

import (
	"regexp"
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

const nativePage = "docs/native.md"

// deed is a row of a table in docs/native.md.
type deed struct{ name, native, own string }

// deeds returns the rows of the table below a heading.
func deeds(text, heading string) []deed {
	_, rest, _ := strings.Cut(text, "\n## "+heading)
	rest, _, _ = strings.Cut(rest, "\n## ")
	var rows []deed
	for _, line := range strings.Split(rest, "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) == 4 && !strings.Contains(line, "---") && !strings.Contains(line, "| kvist |") {
			for i := range cells {
				cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
			}
			rows = append(rows, deed{cells[0], cells[1], cells[2]})
		}
	}
	return rows
}

// fresh makes the store what each line of the page begins with.
func (s *shell) fresh(key string, empty bool) {
	s.t.Helper()
	_, _ = s.run("kvist rm --recursive --yes " + s.store + "/" + strings.Split(key, "/")[0]) // if there is anything
	if empty {
		return
	}
	if _, err := s.run("kvist put " + s.store + "/" + key + " < web.txt"); err != nil {
		s.t.Fatal(err)
	}
}

// changes reports whether a line changes the store.
func changes(line string) bool {
	return regexp.MustCompile(`\b(put|del|delete|deleteall|create|set|rm|undo)\b`).MatchString(line)
}

// ownEtcd starts an etcd whose second revision is what the page says.
func ownEtcd(t testing.TB) *kvtest.Server { t.Helper(); return kvtest.StartEtcd(t) }

// Each line of docs/native.md works, with the native client and with kvist.
func TestNativePage(t *testing.T) {
	text := page(t, nativePage)
	for _, at := range []struct {
		heading, variable, scheme, client, key string
		start                                  func(testing.TB) *kvtest.Server
	}{
		{"etcdctl", "ETCD", "etcdv3", "etcdctl", "config/web", ownEtcd},
		{"consul kv", "CONSUL", "consul", "consul", "config/web", kvtest.SharedConsul},
		{"zkCli.sh", "ZK", "zk", "zkCli.sh", "web", kvtest.SharedZooKeeper},
	} {
		t.Run(at.client, func(t *testing.T) {
			server := at.start(t)
			s := newShell(t, at.scheme+"://"+server.Addr)
			s.native(at.client, server)
			s.env = append(s.env, at.variable+"="+server.Addr)
			rows := deeds(text, at.heading)
			if len(rows) < 5 {
				t.Fatalf("%d rows", len(rows))
			}
			dirty := true
			for i, row := range rows {
				for _, line := range []string{row.native, row.own} {
					if line == "–" {
						continue
					}
					if at.scheme == "zk" && line == row.native {
						line = at.client + " " + line // the page has what is typed into it
					}
					if dirty {
						s.fresh(at.key, i == 0)
					}
					if strings.Contains(line, "$INDEX") || strings.Contains(line, "$VERSION") {
						s.look(at.key)
					}
					dirty = changes(line)
					if _, err := s.run(line); err != nil {
						t.Errorf("%s: %v", row.name, err)
					}
				}
			}
		})
	}
}
