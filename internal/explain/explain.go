package explain

import (
	"context"
	"errors"
	"strings"

	"kvist/internal/config"
	"kvist/internal/printable"
	"kvist/kv"
)

// Sayer is an error that says more about a failure than the failure does by itself.
type Sayer interface {
	error
	Said() string // a paragraph like that of Error
}

// Error returns the paragraph for err, on one line and safe for a terminal; ""
// for nil. The advice depends on what err is, never on its text.
func Error(err error) string {
	var e *kv.Error
	var sayer Sayer
	switch {
	case err == nil:
		return ""
	case errors.As(err, &sayer):
		return sayer.Said()
	case errors.Is(err, context.Canceled) && !errors.As(err, &e):
		return "interrupted" // nothing else is known
	}
	said := What(err)
	if advice := Advice(err); advice != "" {
		said += ". " + advice
	}
	return said
}

// What returns what failed and why, without advice.
func What(err error) string {
	var e *kv.Error
	if !errors.As(err, &e) {
		return strings.TrimSuffix(oneLine(err), ".")
	}
	var b strings.Builder
	b.WriteString(e.Op.Doing())
	if e.Key != "" {
		b.WriteString(" " + printable.Name(e.Key))
	}
	if e.Server != "" {
		b.WriteString(" on " + Server(e.Server))
	}
	switch {
	case errors.Is(err, kv.ErrWrittenOver):
		b.WriteString(" was carried out")
	case errors.Is(err, kv.ErrIncomplete):
		b.WriteString(" is incomplete")
	default:
		b.WriteString(" failed")
	}
	if e.Kind != nil {
		b.WriteString(": " + kindOf(e))
	}
	if e.Err != nil {
		cause := oneLine(e.Err)
		if e.Kind == nil {
			b.WriteString(": " + cause)
		} else {
			b.WriteString(" (" + cause + ")")
		}
	}
	return Sentence(b.String())
}

// Server returns kv.Error.Server as people call it, safe for a terminal.
func Server(server string) string { return printable.String(config.ServerInWords(server)) }

// kindOf returns the kind of an error in words. For a wrong server it names the
// store that was expected.
func kindOf(e *kv.Error) string {
	if backend, _, _ := strings.Cut(e.Server, " "); errors.Is(e.Kind, kv.ErrWrongServer) {
		if one := config.OneServer(backend); one != "" {
			return "not " + one + " server"
		}
	}
	if errors.Is(e.Kind, kv.ErrNotReachable) {
		return "not reachable"
	}
	return lower(e.Kind.Error())
}

// oneLine returns the text of err on one line; joined errors, which have a line
// each, become parts of it.
func oneLine(err error) string {
	return printable.String(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "))
}

// Advice returns what a person can do about err, in whole sentences; "" if
// there is nothing to say.
func Advice(err error) string {
	for _, a := range advices {
		if errors.Is(err, a.kind) {
			return a.text
		}
	}
	return ""
}

// advice is what to do about one kind of failure.
type advice struct {
	kind error
	text string
}

// advices are in order of precedence: an error can be of several kinds, and the
// first one says most.
var advices = []advice{
	{kv.ErrUnrecorded, "Make room for it, or let it be written there; --journal off writes without it, and without undo."},
	{kv.ErrReadOnly, "Nothing was changed. Leave out --read-only, or read_only in the profile, to change things."},
	{kv.ErrWrittenOver, "What you wrote is there now; what somebody else had put there in that instant is overwritten and not known here. Tell whoever writes this key, and read it before you change it again."},
	{kv.ErrKeyExists, "Nothing was written. Read what is there first, and change it from that."},
	{kv.ErrOutcomeUnknown, "Read the key again to see whether it happened before trying once more."},
	{kv.ErrKeyModified, "Somebody changed the key since it was read, and nothing was overwritten. Read it again, and decide with its new value and index."},
	{kv.ErrPreviousNotSpecified, "Name the index that the key was read with."},
	{kv.ErrKeyNotFound, "Check the spelling: case and slashes count. kvist ls, or its folder in the explorer, shows what is there."},
	{kv.ErrIncomplete, "There may be more than is shown. Check with which user or token it was asked, and which rights they have."},
	{kv.ErrDenied, "The server refused. Check user and password, token or client certificate, and their rights."},
	{kv.ErrPartly, "Open a smaller prefix, close other folders, or raise --memory, or memory in the profile."},
	{kv.ErrTooMany, "Nothing was changed. Take it in parts, folder by folder, or raise --memory, or memory in the profile."},
	{kv.ErrWrongServer, "Another kind of server answers there. Check scheme and port of the address: " + config.UsualPorts() + "; and whether the server wants TLS."},
	{kv.ErrTooLarge, "Nothing was written. Store less in one key, or raise the limit in the server's own settings."},
	{kv.ErrInvalidValue, "Nothing was written. Encode the value as text, such as base64, or use a store that holds bytes."},
	{kv.ErrInvalidKey, "Nothing was sent. Choose another key."},
	{kv.ErrInvalidTTL, "Nothing was written. Raise ephemeral_ttl in the profile; Consul takes no less than 10s and no more than 24h."},
	{kv.ErrNotDirectory, "This store cannot hold a key below one that has a value. Choose another key, or delete the one above first."},
	{kv.ErrIsDirectory, "In this store a directory has no value. Name one of the keys in it."},
	{kv.ErrHiddenBelow, "It was kept. etcd hides names that begin with _ from every listing, so that no plan can show them: read them by their names, or delete the directory with etcd's own client (etcdctl rm --recursive)."},
	{kv.ErrHasChildren, "Delete what is below it first, or all together through a delete plan: D in the explorer, rm --recursive in scripts."},
	{kv.ErrCannotLock, "Look at the locks to see who holds it."},
	{kv.ErrNoLeader, "Nothing was written. The servers elect a leader by themselves once a majority of them can reach each other; until then, look at the servers and the network between them."},
	{kv.ErrCertificate, "Check which CA signed the server's certificate (--ca), which names it has (--server-name) and whether its dates are right."},
	{kv.ErrNoSpace, "Nothing was written. On etcd: compact and defragment (etcdctl compact, etcdctl defrag), then etcdctl alarm disarm; else free space on the server's disk."},
	{kv.ErrBadAnswer, "Check that address and port are those of the store, and that no proxy stands between that changes its answers."},
	{kv.ErrNotReachable, "Check that a server of that kind runs there, that host and port are right, that no firewall is between, and whether it wants TLS (--ca, --cert, --key); --timeout waits longer than the default 5s."},
	{kv.ErrNotSupported, "Choose " + config.SchemeList("or") + "."},
	{kv.ErrNotImplemented, "This store does not support that."},
	{kv.ErrCompacted, "Read the key as it is now."},
	{kv.ErrFuture, "Choose an older revision. If you have seen this one before, the cluster was restored to an older state."},
	{kv.ErrClosed, "Open it again."},
	{context.DeadlineExceeded, "The server took too long to answer; --timeout waits longer."},
	{context.Canceled, "It was interrupted."},
}

// lower returns s with a small first letter, for use inside a sentence.
func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// Sentence returns s with a capital first letter and no full stop, which the
// caller adds.
func Sentence(s string) string {
	s = strings.TrimSuffix(s, ".")
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
