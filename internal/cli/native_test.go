package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// Servers that demand a login accept what the native clients read from the
// environment, and what a profile says.
func TestNativeLogins(t *testing.T) {
	const token = "c0ffee00-0000-0000-0000-000000000001"
	etcd, consul := etcdWithLogin(t, "root"), kvtest.StartConsul(t, kvtest.WithACL(token))
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf("[profile.e]\naddress = \"etcdv3://%s\"\nuser = \"root\"\n[profile.c]\naddress = \"consul://%s\"\n", etcd.Addr, consul.Addr)
	inEtcd := func(more string) string { return strings.Replace(settings, "user", more+"\nuser", 1) }
	inConsul := func(more string) string { return settings + more + "\n" }
	for _, c := range []struct {
		name, settings string
		env            []string
		key            string
		code           int
	}{
		{"nothing", "", nil, "etcdv3://" + etcd.Addr + "/key", exitDenied},
		{"etcdctl's user with password", "", []string{"ETCDCTL_ENDPOINTS=http://" + etcd.Addr, "ETCDCTL_USER=root:hidden"}, "etcdv3:///key", exitOK},
		{"etcdctl's user and password", "", []string{"ETCDCTL_USER=root", "ETCDCTL_PASSWORD=hidden"}, "etcd://" + etcd.Addr + "/key", exitOK},
		{"a wrong one", "", []string{"ETCDCTL_USER=root:hunter2"}, "etcdv3://" + etcd.Addr + "/key", exitDenied},
		{"password_env", inEtcd(`password_env = "E"`), []string{"E=hidden"}, "e/key", exitOK},
		{"password_command", inEtcd(`password_command = ["echo", "hidden"]`), nil, "e/key", exitOK},
		{"password_command that prints another", inEtcd(`password_command = ["echo", "hunter2"]`), nil, "e/key", exitDenied},
		{"password_command that fails", inEtcd(`password_command = ["false"]`), nil, "e/key", exitUsage},
		{"password_file that is not there", inEtcd(`password_file = "none"`), nil, "e/key", exitUsage},

		{"no token", settings, nil, "c/key", exitDenied},
		{"consul's token", "", []string{"CONSUL_HTTP_ADDR=http://" + consul.Addr, "CONSUL_HTTP_TOKEN=" + token}, "consul:///key", exitOK},
		{"consul's token, from a file", settings, []string{"CONSUL_HTTP_TOKEN_FILE=" + secret}, "c/key", exitOK},
		{"a wrong token", settings, []string{"CONSUL_HTTP_TOKEN=hunter2"}, "c/key", exitDenied},
		{"KVIST_TOKEN", settings, []string{"CONSUL_HTTP_TOKEN=hunter2", "KVIST_TOKEN=" + token}, "c/key", exitOK},
		{"token_file", inConsul(fmt.Sprintf("token_file = %q", secret)), nil, "c/key", exitOK},
		{"token_command", inConsul(`token_command = ["echo", "` + token + `"]`), nil, "c/key", exitOK},
		{"another datacenter", inConsul(`datacenter = "nowhere"`), []string{"KVIST_TOKEN=" + token}, "c/key", exitFailure},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := program(t, "put", c.key)
			if err := os.WriteFile(filepath.Join(filepath.Dir(cmd.Path), "config.toml"), []byte(c.settings), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd.Env = append(cmd.Env, c.env...)
			cmd.Stdin = strings.NewReader("value")
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.code || (code == exitOK) != (len(out) == 0) {
				t.Errorf("exit code %d, want %d; %s", code, c.code, out)
			}
			if strings.Contains(string(out), "hunter2") || strings.Contains(string(out), token) {
				t.Errorf("it tells a secret: %s", out)
			}
		})
	}
}
