package export

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"kvist/internal/printable"
	"kvist/kv"
)

// What commands begin with, and those for zkCli.sh go on with.
const (
	commandsBegin = "what was below "
	zkCliBegin    = "# for zkCli.sh"
)

// etcdctlWriter writes commands of etcdctl for a shell.
type etcdctlWriter struct {
	out    *bufio.Writer
	header Header
}

func newEtcdctl(out *bufio.Writer, h Header) (Writer, error) {
	_, err := fmt.Fprintf(out, "# "+commandsBegin+"%s, by the v3 API; keys that are there are overwritten\n", title(h))
	return &etcdctlWriter{out, h}, err
}

// title says what a list of commands is of.
func title(h Header) string {
	return fmt.Sprintf("%s in %s", printable.Name(h.Prefix), h.Store)
}

// Write implements Writer.
func (w *etcdctlWriter) Write(e *Entry) error {
	key, n := w.header.full(e), e.Node
	if n.Type == kv.DirectoryNode {
		return nil
	}
	if strings.ContainsRune(key+string(n.Value), 0) {
		return notes(w.out, key, "a zero byte, which no command line can hold")
	}
	if n.TTL > 0 || n.Owner != "" {
		if err := notes(w.out, key, "a lease, which the next command does not give it"); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w.out, "etcdctl put -- %s %s\n", shellWord(key), shellWord(string(n.Value)))
	return err
}

// notes writes a comment about a key.
func notes(out *bufio.Writer, key, has string) error {
	_, err := fmt.Fprintf(out, "# %s has %s\n", printable.Name(key), has)
	return err
}

// Close implements Writer.
func (w *etcdctlWriter) Close() error { return w.out.Flush() }

// shellWord returns a word that bash takes as exactly these bytes: between single
// quotes, or as $'…' if something in it is not printable.
func shellWord(s string) string {
	if !slices.ContainsFunc([]rune(s), func(r rune) bool { return r == '\ufffd' || r != '\n' && r != ' ' && !printable.Rune(r) }) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for _, by := range []byte(s) {
		switch {
		case by == '\'' || by == '\\':
			b.WriteByte('\\')
			b.WriteByte(by)
		case by == '\n':
			b.WriteString(`\n`)
		case by >= ' ' && by < 0x7f:
			b.WriteByte(by)
		default:
			fmt.Fprintf(&b, `\%03o`, by)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// zkCliWriter writes commands for zkCli.sh.
type zkCliWriter struct {
	out    *bufio.Writer
	header Header
	made   map[string]bool // znodes above others
}

func newZkCli(out *bufio.Writer, h Header) (Writer, error) {
	_, err := fmt.Fprintf(out, "# "+commandsBegin+"%s\n"+zkCliBegin+", which has no comments: take these lines out (grep -v '^#')\n", title(h))
	w := &zkCliWriter{out, h, map[string]bool{}}
	return w, err
}

// Write implements Writer.
func (w *zkCliWriter) Write(e *Entry) error {
	key, n := strings.Trim(w.header.full(e), "/"), e.Node
	if err := w.parents(key); err != nil {
		return err
	}
	path, ok := zkWord("/" + key)
	value, valueOK := zkWord(string(n.Value))
	switch {
	case !ok || strings.Contains(key, "//"):
		return notes(w.out, key, "a name that zkCli.sh cannot be given")
	case !valueOK:
		return notes(w.out, key, "a value that zkCli.sh cannot be given: it is one line between quotes, without escapes")
	}
	w.made[key] = true
	_, err := fmt.Fprintf(w.out, "create %s%s %s%s\n", zkFlags(n), path, value, zkACL(n.ACL))
	return err
}

// parents writes commands for the znodes above a key that have none yet.
func (w *zkCliWriter) parents(key string) error {
	for i := range len(key) {
		if key[i] != '/' || w.made[key[:i]] {
			continue
		}
		w.made[key[:i]] = true
		if path, ok := zkWord("/" + key[:i]); ok {
			if _, err := fmt.Fprintf(w.out, "create %s\n", path); err != nil {
				return err
			}
		}
	}
	return nil
}

// zkFlags returns the flags of create for a type of znode.
func zkFlags(n *kv.Node) string {
	switch n.Type {
	case kv.ContainerNode:
		return "-c "
	case kv.TTLNode:
		return fmt.Sprintf("-t %d ", n.TTL.Milliseconds())
	case kv.PlainNode, kv.DirectoryNode, kv.EphemeralNode:
	}
	return ""
}

// zkACL returns the last argument of create; "" if anybody may do everything.
func zkACL(acl []string) string {
	list := strings.Join(acl, ",")
	if word, ok := zkWord(list); ok && list != "" && list != "world:anyone:cdrwa" && list != "world:anyone:crdwa" {
		return " " + word
	}
	return ""
}

// zkWord returns a word as zkCli.sh takes it: between quotes of the kind that is
// not in it. It knows no escapes.
func zkWord(s string) (string, bool) {
	for _, r := range s {
		if r == '\ufffd' || r != ' ' && !printable.Rune(r) {
			return "", false
		}
	}
	switch {
	case s == "":
		return `""`, true
	case !strings.ContainsAny(s, ` '"`):
		return s, true
	case !strings.Contains(s, `"`):
		return `"` + s + `"`, true
	case !strings.Contains(s, `'`):
		return "'" + s + "'", true
	}
	return "", false
}

// Close implements Writer.
func (w *zkCliWriter) Close() error { return w.out.Flush() }
