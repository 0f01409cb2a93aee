package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/rogpeppe/go-internal/testscript"

	"kvist/internal/config"
	"kvist/kv/kvtest"
)

// loginPassword is the password of the user of the login scripts.
const loginPassword = "hidden"

// Each script of testdata/login passes on servers that let only $LOGIN use the
// key "secure". Consul has tokens instead of users.
func TestLogins(t *testing.T) {
	for _, at := range []struct {
		name, user string
		scheme     config.Scheme
		start      func(t *testing.T, user string) *kvtest.Server
	}{
		{"etcdv2", "root", config.EtcdV2, etcdV2WithLogin},
		{"etcdv3", "root", config.EtcdV3, etcdWithLogin},
		{"zookeeper", "olga", config.ZK, zooKeeperWithLogin},
	} {
		t.Run(at.name, func(t *testing.T) {
			server := at.start(t, at.user)
			testscript.Run(t, parameters("testdata/login", func(env *testscript.Env) error {
				env.Setenv("STORE", string(at.scheme)+"://"+server.Addr)
				env.Setenv("LOGIN", at.user)
				return nil
			}))
		})
	}
}

// etcdWithLogin is an etcd whose v3 API demands a login.
func etcdWithLogin(t *testing.T, user string) *kvtest.Server {
	t.Helper()
	server := kvtest.StartEtcd(t)
	for _, args := range [][]string{
		{"user", "add", user + ":" + loginPassword}, {"user", "grant-role", user, "root"}, {"auth", "enable"},
	} {
		if _, err := server.CLI(args...); err != nil {
			t.Fatal(err)
		}
	}
	return server
}

// etcdV2WithLogin is an etcd whose v2 API demands a login: without one, a
// client is a guest, who has no rights here.
func etcdV2WithLogin(t *testing.T, user string) *kvtest.Server {
	t.Helper()
	server := kvtest.StartEtcd(t)
	login := []string{"--username", user + ":" + loginPassword}
	for _, args := range [][]string{
		{"user", "add", user + ":" + loginPassword},
		{"auth", "enable"},
		append(login, "role", "revoke", "--path", "/*", "--readwrite", "guest"),
	} {
		if _, err := server.CLIV2(args...); err != nil {
			t.Fatal(err)
		}
	}
	return server
}

// zooKeeperWithLogin is a ZooKeeper with a node that only one user may use.
func zooKeeperWithLogin(t *testing.T, user string) *kvtest.Server {
	t.Helper()
	server := kvtest.StartZooKeeper(t)
	native, _, err := zk.Connect([]string{server.Addr}, 10*time.Second, zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	defer native.Close()
	if _, err := native.Create("/secure", nil, 0, zk.DigestACL(zk.PermAll, user, loginPassword)); err != nil {
		t.Fatal(err)
	}
	return server
}

// Servers that demand a client certificate can be used.
func TestMutualTLS(t *testing.T) {
	certs := kvtest.NewCertificates(t)
	etcd, consul := kvtest.StartEtcd(t, kvtest.WithTLS(certs)), kvtest.StartConsul(t, kvtest.WithTLS(certs))
	for _, at := range []struct {
		name, address, native string
		env                   []string // as the native client reads it
	}{
		{"etcdv3", "etcdv3://" + etcd.Addr, "etcdv3://", []string{
			"ETCDCTL_ENDPOINTS=https://" + etcd.Addr,
			"ETCDCTL_CACERT=" + certs.CA, "ETCDCTL_CERT=" + certs.ClientCert, "ETCDCTL_KEY=" + certs.ClientKey,
		}},
		{"consul", "consul://" + consul.Addr, "consul://", []string{
			"CONSUL_HTTP_ADDR=https://" + consul.Addr,
			"CONSUL_CACERT=" + certs.CA, "CONSUL_CLIENT_CERT=" + certs.ClientCert, "CONSUL_CLIENT_KEY=" + certs.ClientKey,
		}},
	} {
		t.Run(at.name, func(t *testing.T) {
			flags := []string{"--timeout", "3s", "--ca", certs.CA, "--cert", certs.ClientCert, "--key", certs.ClientKey}
			cmd := program(t, append(flags, "put", at.address+"/key")...)
			cmd.Stdin = strings.NewReader("value")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("with a certificate: %s, %v", out, err)
			}
			cmd = program(t, "get", at.native+"/key")
			cmd.Env = append(cmd.Env, at.env...)
			if out, err := cmd.CombinedOutput(); err != nil || string(out) != "value" {
				t.Errorf("with the native client's environment: %s, %v", out, err)
			}
			cmd = program(t, "get", "prod/key")
			settings := fmt.Sprintf("[profile.prod]\naddress = %q\nca = %q\ntimeout = \"3s\"\n", at.address, certs.CA)
			if err := os.WriteFile(filepath.Join(filepath.Dir(cmd.Path), "config.toml"), []byte(settings), 0o600); err != nil {
				t.Fatal(err)
			}
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != exitDenied && code != exitUnreachable {
				t.Errorf("without a certificate: exit code %d, %s", code, out)
			}
		})
	}
}
