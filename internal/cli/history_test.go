package cli

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// A compacted revision is refused with the oldest one that is left, which can be read; and the
// history of a key says that it ends there. The commands write nothing.
func TestCompactedRevisions(t *testing.T) {
	for name, start := range map[string]func(testing.TB, ...kvtest.Option) *kvtest.Server{
		"3.4": kvtest.StartEtcd, "3.7": kvtest.StartEtcdEmbedded,
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			etcdctl := func(args ...string) string {
				out, err := server.CLI(args...)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			store := "etcdv3://" + server.Addr
			for _, value := range []string{"one", "two", "three"} { // from revision 2 on
				etcdctl("put", "app/key", value)
			}
			etcdctl("put", "app/other", "x")
			etcdctl("compact", "3")
			before := etcdctl("get", "app/key", "-w", "json")
			for _, args := range [][]string{{"get", "--rev", "2", store + "/app/key"}, {"ls", "--rev", "2", store}, {"locks", "--rev", "2", store}} {
				r := inProcess(t, "", "", args...)
				if r.code != exitFailure || r.out != "" || !strings.Contains(r.said, "revision 2 is compacted; the oldest that is kept is 3") {
					t.Errorf("%v: %+v", args, r)
				}
			}
			for i, value := range []string{"two", "three", "three"} {
				r := inProcess(t, "", "", "get", "--rev", strconv.Itoa(3+i), store+"/app/key")
				if r != (ran{out: value}) {
					t.Errorf("revision %d: %+v", 3+i, r)
				}
			}
			if r := inProcess(t, "", "", "ls", "--rev", "4", store); r.out != "app/key\n" {
				t.Errorf("at revision 4 there is %+v", r)
			}
			r := inProcess(t, "", "", "history", store+"/app/key")
			want := fmt.Sprintf("%-19s  revision 4, version 3, 5 bytes\n%-19s  revision 3, version 2, 3 bytes\n", "-", "-") +
				"older versions, if there were any, are compacted\n"
			if r != (ran{out: want}) {
				t.Errorf("the history: %+v", r)
			}
			if after := etcdctl("get", "app/key", "-w", "json"); after != before {
				t.Errorf("something was written: %s, was %s", after, before)
			}
		})
	}
}
