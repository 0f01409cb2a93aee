package stories

import (
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// visit is an examination that the newcomer asks for, and what it has to say.
type visit struct {
	args []string
	code int
	says []string
}

// asksTheDoctor asks about a server that is well, and about four that are not.
func (n *newcomer) asksTheDoctor() {
	for name, visits := range map[string]func(*newcomer) visit{
		"healthy": (*newcomer).atHealthy, "ended certificate": (*newcomer).atEndedCertificate,
		"wrong password": (*newcomer).atWrongPassword, "another store": (*newcomer).atAnotherStore, "dead": (*newcomer).atDead,
	} {
		n.Run(name, func(t *testing.T) {
			t.Parallel()
			here := &newcomer{t, n.root}
			v := visits(here)
			out, code := here.runs(append([]string{"kvist", "doctor"}, v.args...)...)
			if code != v.code {
				t.Errorf("the exit code is %d, not %d", code, v.code)
			}
			lines := strings.Split(out, "\n")
			for _, want := range v.says {
				if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), want) }) {
					t.Errorf("no line says %q", want)
				}
			}
			if failed := strings.Contains(out, "✗"); failed != (code != 0) {
				t.Errorf("what it says and the exit code %d do not belong together", code)
			}
			t.Log(out)
		})
	}
}

func (n *newcomer) atHealthy() visit {
	s := newScene(n.T, placeOf("consul"), kvtest.SharedConsul(n.T))
	s.put("hello", "there")
	return visit{[]string{s.address()}, 0, []string{
		"✓ TCP", "✓ login", "✓ health", "✓ round trip", "✓ clock", "✓ read", "✓ write", "✓ watch", "✓ locks",
	}}
}

func (n *newcomer) atEndedCertificate() visit {
	certs := kvtest.NewExpiredCertificates(n.T)
	server := kvtest.StartEtcd(n.T, kvtest.WithTLS(certs))
	login := []string{"--ca", n.gives(certs.CA), "--cert", n.gives(certs.ClientCert), "--key", n.gives(certs.ClientKey)}
	return visit{append(login, "etcd://"+server.Addr), 1, []string{
		"✓ TCP", "✗ TLS         localhost, signed by kvtest authority, ended 20", "Renew the server's certificate",
	}}
}

func (n *newcomer) atWrongPassword() visit {
	server := kvtest.StartEtcd(n.T)
	for _, args := range [][]string{
		{"user", "add", "root:right"}, {"user", "grant-role", "root", "root"}, {"auth", "enable"},
	} {
		if _, err := server.CLI(args...); err != nil {
			n.Fatal(err)
		}
	}
	outside, inside := n.home()
	n.owns(filepath.Join(outside, "password"), []byte("wrong\n"))
	return visit{[]string{"--user", "root", "--password-file", filepath.Join(inside, "password"), "etcdv3://" + server.Addr}, 1, []string{
		"✓ TCP", "✗ login", "The server refused. Check user and password",
	}}
}

func (n *newcomer) atAnotherStore() visit {
	return visit{[]string{"consul://" + kvtest.SharedEtcd(n.T).Addr}, 1, []string{"✓ TCP", "✗ login", "Another kind of server"}}
}

func (n *newcomer) atDead() visit {
	once, err := (&net.ListenConfig{}).Listen(n.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		n.Fatal(err)
	}
	once.Close()
	return visit{[]string{"zk://" + once.Addr().String()}, 1, []string{
		"✗ TCP         no connection: connection refused", "The machine answers, but nothing listens at that port",
	}}
}
