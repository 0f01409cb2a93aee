package config

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kvist/internal/printable"
)

func TestParseAddress(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Address
	}{
		{"consul://10.0.0.1:8501/config/app", Address{Scheme: Consul, Endpoints: []string{"10.0.0.1:8501"}, Prefix: "config/app"}},
		{"consul://db/", Address{Scheme: Consul, Endpoints: []string{"db:8500"}}},
		{"consul://db/dir/", Address{Scheme: Consul, Endpoints: []string{"db:8500"}, Prefix: "dir/"}},
		{"consul://", Address{Scheme: Consul}},
		{"consul:///a", Address{Scheme: Consul, Prefix: "a"}},
		{"CONSUL://Db", Address{Scheme: Consul, Endpoints: []string{"Db:8500"}}},
		{"etcd://h1:1,h2:2/p", Address{Scheme: Etcd, Endpoints: []string{"h1:1", "h2:2"}, Prefix: "p"}},
		{"etcd://h1,h2", Address{Scheme: Etcd, Endpoints: []string{"h1:2379", "h2:2379"}}},
		{"etcdv2://h/p", Address{Scheme: EtcdV2, Endpoints: []string{"h:2379"}, Prefix: "p"}},
		{"etcdv3://h//registry", Address{Scheme: EtcdV3, Endpoints: []string{"h:2379"}, Prefix: "/registry"}},
		{"etcdv3://h/a//b/", Address{Scheme: EtcdV3, Endpoints: []string{"h:2379"}, Prefix: "a//b/"}},
		{"etcdv3://root@h/p", Address{Scheme: EtcdV3, Endpoints: []string{"h:2379"}, Prefix: "p", User: "root"}},
		{"etcdv3://a%40b@h", Address{Scheme: EtcdV3, Endpoints: []string{"h:2379"}, User: "a@b"}},
		{"etcdv3://h/user@host", Address{Scheme: EtcdV3, Endpoints: []string{"h:2379"}, Prefix: "user@host"}},
		{"etcdv3://h/q?a=b#c", Address{Scheme: EtcdV3, Endpoints: []string{"h:2379"}, Prefix: "q?a=b#c"}},
		{"etcdv3://h/a%20b%00%ff%25", Address{Scheme: EtcdV3, Endpoints: []string{"h:2379"}, Prefix: "a b\x00\xff%"}},
		{"zk://[::1]:2182,[fd00::1]/zk", Address{Scheme: ZK, Endpoints: []string{"[::1]:2182", "[fd00::1]:2181"}, Prefix: "zk"}},
		{"zk://[::1]", Address{Scheme: ZK, Endpoints: []string{"[::1]:2181"}}},
		{"embedded://", Address{Scheme: Embedded}},
		{"embedded:///config", Address{Scheme: Embedded, Prefix: "config"}},
	} {
		got, err := ParseAddress(c.in)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("ParseAddress(%q) = %+v, %v, want %+v", c.in, got, err, c.want)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for _, c := range []struct{ in, says string }{
		{"", "not an address"},
		{"localhost:8500", "not an address"},
		{"redis://h", "unknown kind of store"},
		{"://h", "unknown kind of store"},
		{"consul://h:", "no valid port"},
		{"consul://h:0", "no valid port"},
		{"consul://h:65536", "no valid port"},
		{"consul://h:http", "no valid port"},
		{"consul://:8500", "names no host"},
		{"etcd://h1,,h2", "names no host"},
		{"etcd://::1", "brackets"},
		{"etcd://[::1", "not a server address"},
		{"etcd://[localhost]:1", "names no host"},
		{"etcd://a b", "names no host"},
		{"etcd://[fe80::1%25eth0]", "names no host"},
		{"etcd://a\x1b[31m", "names no host"},
		{"etcd://h/a%2", "two hexadecimal digits"},
		{"etcd://h/a%zz", "two hexadecimal digits"},
		{"embedded://h", "no server"},
		{"etcd://root:hunter2@h", "password"},
		{"etcd://root%3Ahunter2@h", "password"},
		{"etcd://root%3ahunter2%zz@h", "hexadecimal"},
		{"etcd://\u202eh/x", "names no host"},
		{"etcd://\u200bh/x", "names no host"},
		{"etcd://\xff/", "names no host"},
		{"etcd://☰", "names no host"},
		{"http://127.0.0.1:8500/a", "did you mean consul://127.0.0.1:8500/a?"},
		{"https://db:2379", "did you mean --tls etcd://db:2379?"},
		{"zookeeper://db/a", "did you mean zk://db/a?"},
		{"ectd://db/a", "did you mean etcd://db/a?"},
		{"http://root:hunter2@127.0.0.1:8500", "unknown kind"},
		{"etcd://root:hunter2@evil@h", "password"},
	} {
		_, err := ParseAddress(c.in)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("ParseAddress(%q): %v, want an error that says %q", c.in, err, c.says)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ParseAddress(%q) tells the password: %v", c.in, err)
		}
		if printable.String(err.Error()) != err.Error() {
			t.Errorf("ParseAddress(%q): %q is not printable", c.in, err)
		}
	}
}

func TestAddressReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Address{
			Scheme:    rapid.SampledFrom([]Scheme{Consul, Etcd, EtcdV2, EtcdV3, ZK}).Draw(t, "scheme"),
			Endpoints: rapid.SliceOfN(rapid.SampledFrom([]string{"h:1", "10.0.0.1:2379", "[::1]:8500"}), 1, 3).Draw(t, "endpoints"),
			Prefix:    string(rapid.SliceOf(rapid.Byte()).Draw(t, "prefix")),
			User:      rapid.StringMatching(`[a-z@/, %]{0,5}`).Draw(t, "user"),
		}
		s := a.String()
		if printable.String(s) != s || strings.Contains(s, " ") {
			t.Fatalf("%q is not fit to show", s)
		}
		got, err := ParseAddress(s)
		if err != nil || !reflect.DeepEqual(got, a) {
			t.Fatalf("%q read back is %+v, %v, want %+v", s, got, err, a)
		}
	})
}

// A directory has one address, however it was written, and the address names
// that directory.
func TestAt(t *testing.T) {
	for dir, want := range map[string]string{
		"": "etcdv3://h:1", "a/": "etcdv3://h:1/a", "/a/": "etcdv3://h:1//a", "/": "etcdv3://h:1//", "a//": "etcdv3://h:1/a//",
	} {
		if got := (Address{Scheme: EtcdV3, Endpoints: []string{"h:1"}, Prefix: "other"}).At(dir).String(); got != want {
			t.Errorf("the address of %q is %s, want %s", dir, got, want)
		}
	}
}
