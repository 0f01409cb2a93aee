package kv

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	client "go.etcd.io/etcd/client/v2"
)

// etcdErrorMax bounds an answer that says what went wrong.
const etcdErrorMax = 64 << 10

// stream reads a node and what is in it, at any depth if recursive, and gives
// each to see while they come, with the cluster's agreement. It gives the
// store's index, with an error answer too. The client library would read the
// whole answer before it gives the first node.
func (s *Etcd) stream(ctx context.Context, path string, recursive bool, see func(etcdBare) error) (index uint64, err error) {
	seen := false
	err = s.read(ctx, func(ctx context.Context, e *etcdEndpoint) (err error) {
		if seen {
			return errEtcdHalf // who asked begins anew
		}
		ask := func(ctx context.Context) error {
			index, err = s.streamFrom(ctx, e, path, recursive, func(n etcdBare) error {
				seen = true
				return see(n)
			})
			return err
		}
		if recursive {
			return s.attended(ctx, e, path, ask)
		}
		return ask(ctx)
	})
	if index == 0 {
		index = etcdIndex(err)
	}
	return index, err
}

func (s *Etcd) streamFrom(ctx context.Context, e *etcdEndpoint, path string, recursive bool, see func(etcdBare) error) (uint64, error) {
	u := e.url
	u.Path = strings.TrimSuffix(u.Path, "/") + "/v2/keys" + path
	u.RawQuery = url.Values{"recursive": {strconv.FormatBool(recursive)}, "quorum": {"true"}}.Encode()
	ctx = context.WithValue(ctx, etcdStreamed{}, true)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return 0, err
	}
	if e.user != "" {
		req.SetBasicAuth(e.user, e.password)
	}
	resp, err := s.transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, etcdRefusal(e, resp)
	}
	index, err := strconv.ParseUint(resp.Header.Get("X-Etcd-Index"), 10, 64)
	if err != nil {
		return 0, errEtcdListing
	}
	scan := newEtcdScan(resp.Body)
	if err := scan.nodes(see); err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(scan.in, etcdErrorMax)) // so that the connection can be used again
	return index, nil
}

// etcdRefusal is the error in an answer, as the client library tells it.
func etcdRefusal(e *etcdEndpoint, resp *http.Response) error {
	switch {
	case resp.StatusCode/100 == 3:
		return errEtcdRedirect
	case resp.StatusCode == http.StatusInternalServerError || resp.StatusCode == http.StatusServiceUnavailable:
		return fmt.Errorf("%w: etcd member %s", errEtcdNoLeader, e.host)
	case resp.StatusCode/100 == 5:
		return fmt.Errorf("etcd member %s: %s", e.host, http.StatusText(resp.StatusCode))
	}
	var answer client.Error
	text, err := io.ReadAll(io.LimitReader(resp.Body, etcdErrorMax))
	if err != nil {
		return err
	}
	if json.Unmarshal(text, &answer) != nil {
		return client.ErrInvalidJSON
	}
	return answer
}

// etcdBareOf is a node of the client without its value.
func etcdBareOf(n *client.Node) etcdBare {
	return etcdBare{path: n.Key, dir: n.Dir, leased: n.Expiration != nil, size: len(n.Value), index: n.ModifiedIndex}
}

// etcdListing is a listing of a feed that is under way. What is right below
// the prefix is read first: the server puts a whole subtree together before it
// sends the first byte of it.
type etcdListing struct {
	feed   *etcdFeed
	begun  bool
	missed Missed
	batch  []Event
	top    map[string]bool // right below the prefix: whether it was met again
	deep   bool            // there are directories
}

// listWhole makes a listing of all there is and gives the index to go on from.
// The feed stays lost until the store answers.
func (f *etcdFeed) listWhole(ctx context.Context, missed Missed) (uint64, error) {
	f.known, f.queued = etcdKnown{}, map[string]map[string]bool{}
	l := etcdListing{feed: f, missed: missed, top: map[string]bool{}}
	index, err := f.store.stream(ctx, f.path, false, func(n etcdBare) error { return l.first(ctx, n) })
	if err == nil && l.deep {
		if err = l.flush(ctx); err != nil {
			return 0, err
		}
		index, err = f.store.stream(ctx, f.path, true, func(n etcdBare) error { return l.again(ctx, n) })
		if etcdMissing(err) || err == nil {
			l.sweep(index)
		}
	}
	if err != nil && !etcdMissing(err) {
		return 0, err
	}
	if err := l.flush(ctx); err != nil {
		return 0, err
	}
	f.markLocked()
	f.pump.sync(nil)
	return index, nil
}

// first takes a node of the first level.
func (l *etcdListing) first(ctx context.Context, n etcdBare) error {
	below, ok := etcdBelow(l.feed.path, n.path)
	if !ok {
		return nil
	}
	l.deep = l.deep || n.dir
	l.top[below] = false
	return l.take(ctx, n, below)
}

// again takes a node of the whole subtree. One of the first level is told once
// more only if it has changed.
func (l *etcdListing) again(ctx context.Context, n etcdBare) error {
	below, ok := etcdBelow(l.feed.path, n.path)
	if !ok {
		return nil
	}
	if _, met := l.top[below]; met {
		l.top[below] = true
		if place := l.feed.known.at(below); place != nil && place.index == n.index {
			return nil
		}
	}
	return l.take(ctx, n, below)
}

func (l *etcdListing) take(ctx context.Context, n etcdBare, below string) error {
	l.begin()
	l.feed.queue(n.path, !n.dir)
	if etcdInQueue(below) {
		return nil
	}
	if err := l.feed.count(ctx, below); err != nil {
		return err
	}
	if l.batch = append(l.batch, l.feed.note(n, below)); len(l.batch) < batchMax {
		return nil
	}
	return l.flush(ctx)
}

// sweep forgets what was on the first level and is not there any more.
func (l *etcdListing) sweep(index uint64) {
	for below, met := range l.top {
		if !met {
			l.feed.gone(below, index)
		}
	}
}

func (l *etcdListing) begin() {
	if !l.begun {
		l.begun = true
		l.feed.pump.startListing(l.missed)
	}
}

func (l *etcdListing) flush(ctx context.Context) error {
	l.begin()
	err := l.feed.pump.list(ctx, l.batch...)
	l.batch = l.batch[:0]
	return err
}
