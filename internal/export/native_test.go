package export_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kvist/internal/export"
	"kvist/internal/transfer"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// backend returns the row of a backend.
func backend(name string) kvtest.Harness {
	all := kvtest.Backends()
	return all[slices.IndexFunc(all, func(h kvtest.Harness) bool { return h.Name == name })]
}

// The export in Consul's format is what consul kv export writes, byte by byte,
// and consul kv import reads it; the file of the one is imported by the other.
func TestConsulsOwnCommandsAgree(t *testing.T) {
	h := backend("consul")
	p := open(t, h)
	server := h.Shared(t)
	prefix := fresh("native")
	p.fill(t, p.nodes(prefix))
	native, err := server.CLI("kv", "export", prefix+"/")
	require.NoError(t, err)
	ours := p.exported(t, prefix, export.Consul)
	require.Equal(t, strings.TrimSpace(native), strings.TrimSpace(string(ours)))

	file := filepath.Join(t.TempDir(), "consul.json")
	require.NoError(t, os.WriteFile(file, ours, 0o600))
	require.NoError(t, p.store.DeleteTree(prefix))
	_, err = server.CLI("kv", "import", "@"+file)
	require.NoError(t, err)
	require.Equal(t, ours, p.exported(t, prefix, export.Consul))

	require.NoError(t, p.store.DeleteTree(prefix))
	plan, err := transfer.Make(t.Context(), source(t, []byte(native)), transfer.Place{Store: p.store}, transfer.Options{})
	require.NoError(t, err)
	_, err = plan.Run(t.Context(), false, nil)
	require.NoError(t, err)
	require.Equal(t, ours, p.exported(t, prefix, export.Consul))
}

// The commands for etcdctl, run by a shell, make the same keys again.
func TestTheCommandsOfEtcdctlMakeTheSameKeys(t *testing.T) {
	h := backend("etcdv3")
	p := open(t, h)
	prefix := fresh("native")
	nodes := slices.DeleteFunc(p.nodes(prefix), func(n *kv.Node) bool {
		return n.TTL > 0 || bytes.Contains(n.Value, []byte{0}) || len(n.Value) > 100<<10 // no argument is as long
	})
	nodes = append(nodes, &kv.Node{Key: prefix + "/\xff\x1b'\\", Value: []byte("-x\xfe\n'\\\t")})
	p.fill(t, nodes)
	before := p.exported(t, prefix, export.JSONLines)
	commands := p.exported(t, prefix, export.Etcdctl)
	require.NoError(t, p.store.DeleteTree(prefix))
	cmd := exec.CommandContext(t.Context(), "bash", "-e")
	cmd.Stdin = bytes.NewReader(commands)
	cmd.Env = append(os.Environ(), "ETCDCTL_API=3", "ETCDCTL_ENDPOINTS="+h.Shared(t).Addr)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, string(before), string(p.exported(t, prefix, export.JSONLines)))
}

// The commands for zkCli.sh make the same znodes again, but for values that it
// cannot be given, which are named.
func TestTheCommandsOfZkCliMakeTheSameZnodes(t *testing.T) {
	h := backend("zookeeper")
	p := open(t, h)
	prefix := fresh("native")
	p.fill(t, []*kv.Node{
		{Key: prefix + "/a b/c", Value: []byte(`{"a": "it"}`)},
		{Key: prefix + "/a b/d", Value: []byte("it's")},
		{Key: prefix + "/empty", Value: []byte{}},
		{Key: prefix + "/acl", Value: []byte("a"), ACL: []string{"world:anyone:cr", "ip:127.0.0.1:cdrwa"}},
	})
	p.fill(t, []*kv.Node{{Key: prefix + "/lines", Value: []byte("1\n2")}, {Key: prefix + "/both", Value: []byte(`'"`)}})
	commands := p.exported(t, prefix, export.ZkCli)
	require.Contains(t, string(commands), "# "+prefix+"/lines has a value that zkCli.sh cannot be given")
	require.Contains(t, string(commands), "# "+prefix+"/both has a value that zkCli.sh cannot be given")
	require.NoError(t, p.store.Delete(prefix+"/lines"))
	require.NoError(t, p.store.Delete(prefix+"/both"))
	before := p.exported(t, prefix, export.JSONLines)
	require.NoError(t, p.store.DeleteTree(prefix))
	cmd := h.Shared(t).Command()
	comments := regexp.MustCompile(`(?m)^#.*\n`)
	cmd.Stdin = bytes.NewReader(append(comments.ReplaceAll(commands, nil), "quit\n"...))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, string(before), string(p.exported(t, prefix, export.JSONLines)), "%s", out)
}
