package kv

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
)

// listPatience is how many times Config.ConnectionTimeout an agent may take
// to begin its answer to a listing, which it makes whole before it sends any.
const listPatience = 12

// consulWatchBurst is how many answers of one watch may come at once before
// pacing.Pause holds between two.
const consulWatchBurst = 2

// consulList asks for the keys below a directory. A query with an index waits
// until something is newer.
type consulList struct {
	dir   string
	what  listWhat
	index uint64
	wait  time.Duration // how long; 0 is DefaultWatchWaitTime
	cost  time.Duration // what the last answer took, with an index
}

// listWhat is how much of the keys is asked for.
type listWhat uint8

const (
	wholePairs  listWhat = iota // every key with its value
	everyName                   // every key's name
	nearestName                 // the names of one level; directories end in a slash
)

// consulAnswer is what an answer's head tells.
type consulAnswer struct {
	index    uint64
	back     bool // the store's index is less than the one that was asked with: it lost what came since
	filtered bool // keys were left out for want of rights
	took     time.Duration
}

// askFor is the nearest directory above dir that a URL can name.
func (l consulList) askFor() string { return consulURLPart(l.dir) }

// list sends a query and gives its answer to read, which may be nothing at
// all where there is no key. An answer that is older than what was asked with
// is not given: a server that has just become leader serves old states until
// it has replayed its log. Then the query is sent again without an index, and
// so consistently, to know whether that is the truth.
func (s *Consul) list(ctx context.Context, l consulList) (io.ReadCloser, consulAnswer, error) {
	body, head, err := s.listOnce(ctx, l)
	if err != nil || head.index >= l.index {
		return body, head, err
	}
	if err := body.Close(); err != nil {
		return nil, consulAnswer{}, err
	}
	since := l.index
	l.index = 0
	body, head, err = s.listOnce(ctx, l)
	head.back = head.index < since
	return body, head, err
}

// listOnce is list with whatever answer comes.
func (s *Consul) listOnce(ctx context.Context, l consulList) (io.ReadCloser, consulAnswer, error) {
	limit := s.timeout * listPatience
	if l.index > 0 { // the server adds up to a sixteenth to the wait
		l.wait = cmp.Or(l.wait, DefaultWatchWaitTime)
		limit = l.wait*17/16 + min(limit, s.timeout+l.cost*listPatience)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, unwatch := s.pulse.watch(ctx)
	stop := context.AfterFunc(s.ctx, func() { cancel(ErrClosed) })
	end := func() { stop(); unwatch(); cancel(nil) }
	lose := func() { cancel(errStalled) }
	timer := time.AfterFunc(limit, lose)
	asked := time.Now()
	answer, err := s.ask(ctx, l)
	timer.Stop()
	if err != nil {
		end()
		return nil, consulAnswer{}, err
	}
	head := consulAnswer{took: time.Since(asked), filtered: answer.Header.Get("X-Consul-Results-Filtered-By-Acls") == "true"}
	head.index, err = strconv.ParseUint(answer.Header.Get("X-Consul-Index"), 10, 64)
	if err != nil {
		end()
		answer.Body.Close()
		return nil, consulAnswer{}, fmt.Errorf("an answer without an index: %w", err)
	}
	body := &patientBody{
		body: answer.Body, limit: s.timeout, end: end, stalled: time.AfterFunc(time.Hour, lose),
	}
	body.stalled.Stop()
	return body, head, nil
}

// ask sends a query; a status that tells no keys is an error.
func (s *Consul) ask(ctx context.Context, l consulList) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.listURL(l), http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusNotFound {
		return answer, nil
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 4096)) // the status tells without it
	return nil, api.StatusError{Code: answer.StatusCode, Body: strings.TrimSpace(string(text))}
}

// listURL is a query as a URL.
func (s *Consul) listURL(l consulList) string {
	query := url.Values{}
	switch l.what {
	case wholePairs:
		query.Set("recurse", "")
	case everyName:
		query.Set("keys", "")
	case nearestName:
		query.Set("keys", "")
		query.Set("separator", "/")
	}
	if s.datacenter != "" {
		query.Set("dc", s.datacenter)
	}
	if l.index == 0 { // the leader makes sure that it is one and knows all
		query.Set("consistent", "")
	} else {
		query.Set("index", strconv.FormatUint(l.index, 10))
		query.Set("wait", strconv.FormatInt(l.wait.Milliseconds(), 10)+"ms")
	}
	u := url.URL{Scheme: "http", Host: consulPlaceholder, Path: "/v1/kv/" + l.askFor(), RawQuery: query.Encode()}
	return u.String()
}

// decodeList reads a JSON list one element after the other, each of which has
// no more than most bytes; no text at all is an empty list.
func decodeList[T any](r io.Reader, most int, each func(T) error) error {
	bound := &boundedReader{r, most, errBeyond("an element", most)}
	d := json.NewDecoder(bound)
	switch start, err := d.Token(); {
	case errors.Is(err, io.EOF), err == nil && start == nil:
		return nil
	case err != nil:
		return err
	}
	for d.More() {
		bound.left = most
		var element T
		if err := d.Decode(&element); err != nil {
			return err
		}
		if err := each(element); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// eachPair asks for all pairs below l.dir and gives each to each, sorted by
// key, the key dir itself included.
func eachPair(ctx context.Context, s *Consul, l consulList, each func(*api.KVPair) error) (consulAnswer, error) {
	body, head, err := s.list(ctx, l)
	if err != nil {
		return head, err
	}
	defer body.Close()
	return head, decodeList(body, s.pairMost(), func(pair *api.KVPair) error {
		if pair == nil || !strings.HasPrefix(pair.Key, l.dir) {
			return nil // the URL could only ask for more than that
		}
		return each(pair)
	})
}

// eachEntry asks for all keys below dir and gives each, without its value.
func eachEntry(ctx context.Context, s *Consul, dir string, each func(*consulEntry) error) (consulAnswer, error) {
	body, head, err := s.list(ctx, consulList{dir: dir})
	if err != nil {
		return head, err
	}
	defer body.Close()
	return head, newConsulScanner(body, s.valueMost()).entries(func(e *consulEntry) error {
		if !bytes.HasPrefix(e.key, []byte(dir)) {
			return nil
		}
		return each(e)
	})
}

// eachName asks for names and gives each to each. Names that lie beside l.dir
// come too where no URL can name it.
func (s *Consul) eachName(ctx context.Context, l consulList, each func(string) error) (consulAnswer, error) {
	body, head, err := s.list(ctx, l)
	if err != nil {
		return head, err
	}
	defer body.Close()
	return head, newConsulScanner(body, s.valueMost()).names(func(name []byte) error { return each(string(name)) })
}

// anyBelow reports whether there is any key that begins with dir.
func (s *Consul) anyBelow(ctx context.Context, dir string) (bool, error) {
	l := consulList{dir: dir, what: nearestName}
	if l.askFor() != dir {
		pairs, err := s.txn(ctx, &api.KVTxnOp{Verb: api.KVGetTree, Key: dir})
		return len(pairs) > 0, err
	}
	found := false
	_, err := s.eachName(ctx, l, func(string) error { found = true; return nil })
	return found, err
}

// errFiltered says that a listing is not the whole truth.
var errFiltered = withKind(ErrDenied, errors.New("keys that the token may not read are left out"))

// consulProbe is a name that nobody gives a key: asking for it reports whether
// the keys beside it may be read.
const consulProbe = ".kvist-may-i-read-here"

// hidden is errFiltered where a listing may lack keys below dir. Agents since
// 1.11 say so themselves; older ones leave keys out without a word, but they
// refuse to tell about a single key, even one that is not there.
func (s *Consul) hidden(ctx context.Context, dir string, head consulAnswer) error {
	if head.filtered {
		return errFiltered
	}
	_, err := s.read(ctx, consulURLPart(dir)+consulProbe)
	if errors.Is(s.fail("get", dir, err), ErrDenied) {
		return errFiltered
	}
	return nil
}

// List the content of a given prefix
func (s *Consul) List(prefix string) ([]*KVPair, error) {
	dir := consulDir(prefix)
	pairs, head, err := s.snapshot(s.ctx, consulList{dir: dir})
	if err != nil {
		return nil, s.fail("list", prefix, err)
	}
	if len(pairs) > 0 || dir == "" {
		return pairs, nil
	}
	there, err := s.anyOf(dir)
	switch {
	case err != nil:
		return nil, s.fail("list", prefix, err)
	case !there && head.filtered:
		return nil, s.fail("list", prefix, ErrDenied)
	case !there:
		return nil, s.fail("list", prefix, ErrKeyNotFound)
	}
	return []*KVPair{}, nil
}

// snapshot is all below a directory, without the key dir itself.
func (s *Consul) snapshot(ctx context.Context, l consulList) ([]*KVPair, consulAnswer, error) {
	pairs := []*KVPair{}
	head, err := eachPair(ctx, s, l, func(pair *api.KVPair) error {
		if pair.Key != l.dir {
			pairs = append(pairs, consulPair(pair))
		}
		return nil
	})
	byKey := func(i, j int) bool { return pairs[i].Key < pairs[j].Key }
	if !sort.SliceIsSorted(pairs, byKey) {
		sort.Slice(pairs, byKey)
	}
	return pairs, head, err
}

// nextIndex is the index to wait for after an answer with index got. It must
// never be 0, which would not wait, and is forgotten when it goes back.
func nextIndex(old, got uint64) uint64 {
	if got < old {
		return 0
	}
	return max(got, 1)
}
