package stories

import (
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// Unverified TLS is shown on the screen as visibly as read-only, and commands
// warn on standard error. No environment makes a profile with a CA of its own
// unverified.
func TestUnverifiedTLSIsTold(t *testing.T) {
	t.Parallel()
	certs := kvtest.NewCertificates(t)
	server := kvtest.StartEtcd(t, kvtest.WithTLS(certs))
	h := newHome(t, "ETCDCTL_INSECURE_SKIP_TLS_VERIFY=true")
	login := []string{"--cert", certs.ClientCert, "--key", certs.ClientKey}
	unverified := append([]string{"--tls", "--insecure-skip-verify"}, login...)

	x := h.start(80, 24, append(unverified, "etcdv3://"+server.Addr)...)
	x.Sees("● live", "unverified TLS")
	x.Quit()
	out, err := h.command(append(append([]string{"ls"}, unverified...), "etcdv3://"+server.Addr)...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "certificate is not verified") {
		t.Errorf("ls: %v, %s", err, out)
	}

	h.write("config/kvist/config.toml", `
[profile.right]
address = "etcdv3://`+server.Addr+`"
ca = "`+certs.CA+`"
cert = "`+certs.ClientCert+`"
key = "`+certs.ClientKey+`"
[profile.wrong]
address = "etcdv3://`+server.Addr+`"
ca = "`+kvtest.NewCertificates(t).CA+`"
cert = "`+certs.ClientCert+`"
key = "`+certs.ClientKey+`"
timeout = "2s"
`)
	x = h.start(80, 24, "right")
	x.Sees("● live")
	if strings.Contains(x.Text(), "unverified") {
		t.Errorf("a verified server is told as another:\n%s", x.Text())
	}
	x.Quit()
	cmd := h.command("ls", "wrong")
	if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != 5 {
		t.Errorf("the environment loosened a profile's CA: %v, %s", err, out)
	}
}
