package explain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"kvist/internal/printable"
	"kvist/kv"
)

func TestError(t *testing.T) {
	const server = "consul 127.0.0.1:8500"
	cause := errors.New("Unexpected response code: 403 (\x1b[31mno)")
	for _, c := range []struct {
		err  error
		says []string
	}{
		{nil, nil},
		{
			&kv.Error{Op: "get", Key: "a/b", Server: server, Kind: kv.ErrDenied, Err: cause},
			[]string{"Reading a/b on Consul 127.0.0.1:8500 failed: access denied (Unexpected response code: 403 (\\x1b[31mno)). The server", "token"},
		},
		{fmt.Errorf("saving: %w", &kv.Error{Op: "atomicput", Key: "k", Kind: kv.ErrKeyExists}), []string{"Writing k failed: key already exists", "Read what is there first"}},
		{&kv.Error{Op: "locks", Key: "k", Kind: kv.ErrIncomplete, Err: errors.New("k/x")}, []string{"Looking for locks at k is incomplete: a part of it may not be read (k/x). There may be more than is shown."}},
		{&kv.Error{Op: "atomicput", Key: "k", Kind: kv.ErrWrittenOver}, []string{"Writing k was carried out: written over", "is overwritten and not known"}},
		{&kv.Error{Op: "atomicput", Key: "k", Kind: kv.ErrKeyModified}, []string{"Somebody changed the key"}},
		{&kv.Error{Op: "open", Server: server, Kind: kv.ErrNotReachable, Err: errors.New("connection refused")}, []string{"Opening the store on Consul 127.0.0.1:8500 failed: not reachable (connection refused). Check that a server of that kind runs there", "--timeout"}},
		{&kv.Error{Op: "open", Server: server, Kind: kv.ErrWrongServer}, []string{"failed: not a Consul server. Another kind of server", "Check scheme and port"}},
		{&kv.Error{Op: "open", Server: "etcdv3 h:1", Kind: kv.ErrWrongServer}, []string{"on etcd h:1 failed: not an etcd v3 server"}},
		{&kv.Error{Op: "put", Key: "k", Err: errors.New("disk full.")}, []string{"Writing k failed: disk full"}},
		{&kv.Error{Op: "put", Key: "k\x00", Kind: kv.ErrReadOnly}, []string{`Writing k\x00 failed`, "--read-only"}},
		{&kv.Error{Op: "put", Kind: kv.ErrNotReachable, Err: kv.ErrOutcomeUnknown}, []string{"Read the key again"}},
		{context.Canceled, []string{"interrupted"}},
		{&kv.Error{Op: "list", Key: "k", Err: context.Canceled}, []string{"Listing k failed: context canceled. It was interrupted."}},
		{errors.New("something\nelse"), []string{"something; else"}},
	} {
		got := Error(c.err)
		if (got == "") != (c.err == nil) {
			t.Errorf("%v is explained as %q", c.err, got)
		}
		for _, says := range c.says {
			if !strings.Contains(got, says) {
				t.Errorf("%v is explained as %q, which does not say %q", c.err, got, says)
			}
		}
		if printable.String(got) != got {
			t.Errorf("%q is not fit for a terminal", got)
		}
	}
}

// Every kind of failure has advice.
func TestEveryKindHasAdvice(t *testing.T) {
	for _, kind := range []error{
		kv.ErrInvalidTTL, kv.ErrNotSupported, kv.ErrNotImplemented, kv.ErrNotReachable, kv.ErrCannotLock,
		kv.ErrKeyModified, kv.ErrKeyNotFound, kv.ErrPreviousNotSpecified, kv.ErrKeyExists, kv.ErrOutcomeUnknown,
		kv.ErrDenied, kv.ErrReadOnly, kv.ErrTooLarge, kv.ErrInvalidValue, kv.ErrInvalidKey, kv.ErrNotDirectory, kv.ErrCompacted, kv.ErrFuture,
		kv.ErrWrittenOver, kv.ErrIncomplete, kv.ErrHiddenBelow, kv.ErrIsDirectory, kv.ErrHasChildren, kv.ErrWrongServer, kv.ErrClosed,
	} {
		if advice := Advice(&kv.Error{Op: "get", Kind: kind}); !strings.HasSuffix(advice, ".") {
			t.Errorf("%v: %q is no advice", kind, advice)
		}
	}
}
