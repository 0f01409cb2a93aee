package zkwire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"kvist/kv/internal/panics"
	"kvist/kv/internal/peer"
)

// Probe returns which session timeout the servers grant for one that is asked for, and so whether
// they are ZooKeeper and accept the login. It asks all of them at once. The first that answers
// counts, and a server of another kind only if none does.
func (d *Dialer) Probe(ctx context.Context, timeout time.Duration) (time.Duration, error) {
	type result struct {
		granted time.Duration
		err     error
	}
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan result, len(d.Endpoints))
	var wg sync.WaitGroup
	defer func() { cancel(); wg.Wait() }()
	for _, address := range d.Endpoints {
		wg.Go(func() {
			var granted time.Duration
			err := panics.Recovered(func() (err error) {
				granted, err = d.probeOne(ctx, address, timeout)
				return err
			})
			results <- result{granted, err}
		})
	}
	failures := Failures{ErrNotConnected}
	if len(d.Endpoints) == 0 {
		failures = append(failures, errors.New("no server is given"))
	}
	for range d.Endpoints {
		r := <-results
		if r.err == nil {
			return r.granted, nil
		}
		failures = failures.With(r.err)
	}
	return 0, failures
}

// probeOne leaves half of the time for finding out what does not answer as ZooKeeper does.
func (d *Dialer) probeOne(ctx context.Context, address string, timeout time.Duration) (time.Duration, error) {
	half := d.Timeout / 2
	if end, ok := ctx.Deadline(); ok {
		half = time.Until(end) / 2
	}
	opening, cancel := context.WithTimeout(ctx, half)
	defer cancel()
	w, err := d.Open(opening, address, timeout)
	if err == nil {
		w.Close()
		return w.Granted, nil
	}
	var dial *net.OpError
	if isTelling(err) || errors.As(err, &dial) && dial.Op == "dial" {
		return 0, err
	}
	return 0, d.diagnose(ctx, address, err)
}

// notServing is what a server answers to four letters that is part of an ensemble without a
// leader, or that starts.
const notServing = "not currently serving requests"

// diagnose finds out what stands behind an address that gave no session. A ZooKeeper without a
// quorum just drops the connection, but says so when it is asked by srvr. Servers of another kind
// that are likely here speak HTTP, and wait for the rest of what they take for a request. So srvr
// comes as the method of one, of which ZooKeeper reads only the first four letters. A server that
// says nothing at all may be anything.
func (d *Dialer) diagnose(ctx context.Context, address string, cause error) error {
	text, err := d.FourLetters(ctx, address, "srvr / HTTP/1.1\r\nHost: "+address+"\r\nConnection: close\r\n\r\n")
	switch {
	case errors.Is(err, ErrNotListed):
		return cause
	case strings.Contains(text, notServing):
		return fmt.Errorf("%w: %s: %s", ErrNoLeader, address, firstLine(text))
	case strings.Contains(text, "ookeeper version"):
		return fmt.Errorf("%w: %s", ErrNotConnected, firstLine(text))
	case text != "":
		return fmt.Errorf("%w: %w", ErrNotZooKeeper, cause)
	case d.TLS == nil && peer.SpeaksTLS(ctx, address):
		return fmt.Errorf("%w: %w", peer.ErrWantsTLS, cause)
	}
	return cause
}

// serving is whether the servers said lately that they do not serve.
type serving struct {
	mu  sync.Mutex // held while they are asked
	at  time.Time  // when they were asked
	err error      // that they do not serve
}

// Leaderless returns ErrNoLeader if the servers are there and do not serve, for want of a leader.
// Such a server drops the connections of its clients, and says why only when it is asked by
// four letters. It is asked once a second at most, however many requests fail.
func (d *Dialer) Leaderless(ctx context.Context) error {
	d.serving.mu.Lock()
	defer d.serving.mu.Unlock()
	if time.Since(d.serving.at) > time.Second {
		d.serving.err = d.askLeaderless(ctx)
		d.serving.at = time.Now()
	}
	return d.serving.err
}

func (d *Dialer) askLeaderless(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout/8)
	defer cancel()
	for _, address := range d.Endpoints {
		if text, err := d.FourLetters(ctx, address, "srvr"); err == nil && strings.Contains(text, notServing) {
			return fmt.Errorf("%w: %s: %s", ErrNoLeader, address, firstLine(text))
		}
	}
	return nil
}
