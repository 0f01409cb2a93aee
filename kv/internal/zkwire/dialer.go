package zkwire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/peer"
	"kvist/kv/internal/wait"
)

// Dialer connects to the servers of one ensemble.
type Dialer struct {
	Endpoints []string // host:port
	TLS       *tls.Config
	Login     []byte        // user:password; nil for none
	Timeout   time.Duration // of one small request

	serving serving
}

// Share returns the part of Timeout that one server may use up, so that time is left for the
// others.
func (d *Dialer) Share() time.Duration { return d.Timeout / time.Duration(max(len(d.Endpoints), 1)) }

// Dial connects to one server, over TLS if that is configured.
func (d *Dialer) Dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil || d.TLS == nil {
		return conn, err
	}
	config := d.TLS.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(address)
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// OpenPipe opens a Pipe to the first server that accepts a session. Reads over it show all earlier
// writes. It breaks if nothing comes for patience while requests are under way; 0 stands for the
// session timeout.
func (d *Dialer) OpenPipe(ctx context.Context, event func(Event), patience time.Duration) (*Pipe, error) {
	failures := Failures{ErrNotConnected}
	for _, address := range d.Endpoints {
		p, err := d.OpenPipeTo(ctx, address, event, patience)
		if err == nil {
			return p, nil
		}
		failures = failures.With(err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failures
}

// OpenPipeTo is OpenPipe for one server.
func (d *Dialer) OpenPipeTo(ctx context.Context, address string, event func(Event), patience time.Duration) (*Pipe, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Share())
	defer cancel()
	w, err := d.Open(ctx, address, SessionTimeout)
	if err != nil {
		return nil, err
	}
	p := d.newPipe(w, event, patience)
	if err := p.Sync(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// WithPipe calls read with a connection made for it. If the connection breaks, read begins anew
// on another, within Timeout. All of it takes as long as it must, but ends once nothing has come
// for Timeout and a quarter.
func (d *Dialer) WithPipe(ctx context.Context, read func(*Pipe) error) error {
	var pause wait.Backoff
	end := time.Now().Add(d.Timeout)
	again, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for {
		err := d.tryPipe(ctx, end, read)
		if !errors.Is(err, zk.ErrConnectionClosed) && !errors.Is(err, ErrNotConnected) || errors.Is(err, ErrBadAnswer) {
			return err
		}
		if pause.Wait(again) != nil {
			return err
		}
	}
}

// tryPipe calls read with one connection, which must be open by end.
func (d *Dialer) tryPipe(ctx context.Context, end time.Time, read func(*Pipe) error) error {
	opening, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	patience := max(time.Until(end), 0) + d.Timeout/4
	p, err := d.OpenPipe(opening, nil, min(patience, d.Timeout))
	if err != nil {
		return err
	}
	defer p.Close()
	return read(p)
}

// Watch sets a persistent recursive watch on a connection, which it closes if that fails. A
// server before 3.6 drops the connection, with or without an answer: its version shows which
// failure it was. The error is then ErrNoRecursiveWatches.
func (d *Dialer) Watch(ctx context.Context, w *Wire, root string) error {
	defer w.EndWith(ctx)()
	err := w.addWatch(root)
	if err == nil {
		return nil
	}
	w.Close()
	var code Code
	if errors.Is(err, ErrNoRecursiveWatches) || errors.As(err, &code) || ctx.Err() != nil {
		return err
	}
	info, infoErr := d.ServerInfo(ctx, w.Address)
	if infoErr == nil && info.Before(6) {
		return fmt.Errorf("%w: %w", ErrNoRecursiveWatches, err)
	}
	return err
}

// LostHistory reports whether a server does not know a transaction that others have seen, though
// it has caught up with its leader.
func (d *Dialer) LostHistory(ctx context.Context, address string, zxid int64) bool {
	ctx, cancel := context.WithTimeout(ctx, d.Share()/2)
	defer cancel()
	w, err := d.Open(ctx, address, SessionTimeout)
	if err != nil {
		return false
	}
	defer w.Close()
	defer w.EndWith(ctx)()
	last, err := w.last()
	return err == nil && last < zxid
}

// Failures are the reasons why none of several servers could be used, on one line.
type Failures []error

func (f Failures) Error() string {
	texts := make([]string, len(f))
	for i, err := range f {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the reasons.
func (f Failures) Unwrap() []error { return f }

// With adds why one more server could not be used. The most telling reason stands first.
func (f Failures) With(err error) Failures {
	if isTelling(err) {
		f[0] = err
		return f
	}
	return append(f, err)
}

// isTelling reports whether an error says more than that a server was not reached.
func isTelling(err error) bool {
	if peer.WantsCertificate(err) || peer.IsUntrusted(err) {
		return true
	}
	for _, telling := range [...]error{
		ErrNoLeader, ErrBadAnswer, ErrNotZooKeeper, CodeNoAuth, CodeAuthFailed, zk.ErrNoAuth, zk.ErrAuthFailed,
	} {
		if errors.Is(err, telling) {
			return true
		}
	}
	return false
}
