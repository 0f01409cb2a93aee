package doctor

import (
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"kvist/internal/config"
	"kvist/kv"
	"kvist/kv/kvtest"
)

func TestMain(m *testing.M) { kvtest.Main(m) }

// at is a patient at a server, with the whole store as the prefix.
func at(scheme config.Scheme, servers ...string) Patient {
	return Patient{
		Target: config.Target{
			Address: config.Address{Scheme: scheme, Endpoints: servers},
			Config:  kv.Config{ConnectionTimeout: 20 * time.Second},
		},
		Key: func(kv.Store) string { return "" },
	}
}

// examined returns the checks as lines.
func examined(t *testing.T, p Patient) (report string, well bool) {
	t.Helper()
	var lines []string
	well = Examine(t.Context(), p, func(c Check) {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s: %s. %s", c.Result, c.Name, c.Found, c.Advice)))
	})
	return strings.Join(lines, "\n"), well
}

// expect examines and looks for each of the words.
func expect(t *testing.T, p Patient, well bool, words ...string) string {
	t.Helper()
	report, got := examined(t, p)
	if got != well {
		t.Errorf("well is %v", got)
	}
	for _, w := range words {
		if !strings.Contains(report, w) {
			t.Errorf("%q is missing", w)
		}
	}
	t.Log(report)
	return report
}

// A healthy store passes, and nothing is written to it.
func TestHealthy(t *testing.T) {
	for scheme, server := range map[config.Scheme]*kvtest.Server{
		config.Consul: kvtest.SharedConsul(t), config.EtcdV3: kvtest.SharedEtcd(t),
		config.EtcdV2: kvtest.SharedEtcd(t), config.ZK: kvtest.SharedZooKeeper(t),
	} {
		t.Run(string(scheme), func(t *testing.T) {
			p := at(scheme, server.Addr)
			s, err := config.Open(p.Target)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			key := "doctor-" + string(scheme) + "/a"
			if err := s.Put(key, []byte("as it was"), nil); err != nil {
				t.Fatal(err)
			}
			before, err := s.Get(key)
			if err != nil {
				t.Fatal(err)
			}
			for _, prefix := range []string{"", "doctor-" + string(scheme), key} {
				p.Key = func(kv.Store) string { return prefix }
				expect(t, p, true, "ok TCP: connected in", "ok login: opened, without a login", "ok health: ", "ok round trip: ",
					"ok read: ", "ok write: allowed at ", "ok watch: ", "ok locks: ")
			}
			if after, err := s.Get(key); err != nil || after.LastIndex != before.LastIndex {
				t.Errorf("it is %+v now, %v", after, err)
			}
			if there, err := s.Exists(probe("")); err != nil || there {
				t.Errorf("the probe is there: %v, %v", there, err)
			}
		})
	}
}

// A certificate is shown with its chain and days left, whether or not it is
// accepted.
func TestCertificates(t *testing.T) {
	ended := kvtest.NewExpiredCertificates(t)
	server := kvtest.StartEtcd(t, kvtest.WithTLS(ended))
	p := at(config.EtcdV3, server.Addr)
	p.Target.Config.TLS = ended.Client()
	expect(t, p, false, "failed TLS: ", "signed by", "ended 20", "Renew the server's certificate")

	valid := kvtest.NewCertificates(t)
	server = kvtest.StartEtcd(t, kvtest.WithTLS(valid))
	p = at(config.EtcdV3, server.Addr)
	p.Target.Config.TLS = valid.Client()
	expect(t, p, true, "ok TLS: ", "0 days left; renew it soon", "opened, with a client certificate", "ok clock: agrees")
	p.Target.Config.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	expect(t, p, false, "failed TLS: ", "Give the certificate of the CA that signed it by --ca")
	p.Target.Config.TLS = valid.Client()
	p.Target.Config.TLS.ServerName = "elsewhere.example"
	expect(t, p, false, "failed TLS: ", "Name the server as its certificate does")
	p.Target.Config.TLS.InsecureSkipVerify = true
	expect(t, p, true, "unknown TLS: ", "not verified, as --insecure-skip-verify asks")
	p.Target.Config.TLS = nil
	expect(t, p, false, "failed login: ")

	p = at(config.EtcdV3, kvtest.SharedEtcd(t).Addr)
	p.Target.Config.TLS = valid.Client()
	expect(t, p, false, "failed TLS: no TLS", "The server may not speak TLS at that port")
}

// A wrong password is a failed login, and a login without rights fails at what
// it may not do.
func TestRights(t *testing.T) {
	server := kvtest.StartEtcd(t)
	for _, args := range [][]string{
		{"user", "add", "root:secret"},
		{"user", "grant-role", "root", "root"},
		{"role", "add", "reader"},
		{"role", "grant-permission", "reader", "--prefix=true", "read", "app/"},
		{"user", "add", "ann:secret"},
		{"user", "grant-role", "ann", "reader"},
		{"put", "app/a", "1"},
		{"auth", "enable"},
	} {
		if _, err := server.CLI(args...); err != nil {
			t.Fatal(err)
		}
	}
	p := at(config.EtcdV3, server.Addr)
	p.Target.Config.Username, p.Target.Config.Password = "ann", "wrong"
	expect(t, p, false, "failed login: ", "Check user and password")
	p.Target.Config.Password = "secret"
	p.Key = func(kv.Store) string { return "app" }
	expect(t, p, false, "ok login: logged in as ann", "ok read: ", "failed write: denied at app/kvist-doctor", "ok watch: ")
	p.Target.ReadOnly = true
	expect(t, p, true, "unknown write: not tried")
	p.Key = func(kv.Store) string { return "other" }
	expect(t, p, false, "failed read: ", "failed watch: ")
}

// A server of another kind, one that is dead and one that has no name are each
// told as that.
func TestNotThere(t *testing.T) {
	expect(t, at(config.ZK, kvtest.SharedEtcd(t).Addr), false, "ok TCP: ", "failed login: ")
	expect(t, at(config.Consul, kvtest.SharedEtcd(t).Addr), false, "failed login: ", "Another kind of server")
	expect(t, at(config.EtcdV3, kvtest.SharedZooKeeper(t).Addr), false, "failed login: ")
	dead := kvtest.StartEtcd(t)
	dead.Kill()
	report := expect(t, at(config.EtcdV3, dead.Addr), false, "failed TCP: no connection: connection refused", "nothing listens at that port")
	if strings.Contains(report, "login") {
		t.Error("it tried to log in")
	}
	expect(t, at(config.EtcdV3, "nobody.invalid:2379"), false, "failed name: nobody.invalid was not found", "Check the spelling")
	expect(t, at(config.EtcdV3, "nobody.invalid:2379", kvtest.SharedEtcd(t).Addr), false, "failed name: ", "ok login: ")
}

// A clock that differs is told with by how much.
func TestClock(t *testing.T) {
	p := at(config.Consul, kvtest.SharedConsul(t).Addr)
	p.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	expect(t, p, false, "failed clock: differs from this machine's by ")
}
