package consulhttp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/hashicorp/consul/api"
)

// listPatience is how many times the timeout an agent may take to begin its answer to a listing,
// which it makes whole before it sends any.
const listPatience = 12

// List is a query for the keys below a directory. One with an index waits until something is newer.
type List struct {
	Dir   string // as the keys begin
	What  What
	Index uint64
	Wait  time.Duration // how long it waits; 0 is Config.Wait
	Cost  time.Duration // how long the last answer took, with an index
}

// What says how much of the keys a List asks for.
type What uint8

const (
	// Pairs are the keys with all that belongs to them, values included.
	Pairs What = iota
	// Names are the names of the keys.
	Names
	// Level are the names in one level, where those of directories end in a slash. For a directory
	// that no URL can name, they are all Names.
	Level
)

// asksFor returns the nearest directory above l.Dir that a URL can name.
func (l List) asksFor() string { return URLPart(l.Dir) }

// IsExact reports whether an answer to l has nothing beside l.Dir: a URL can name that.
func (l List) IsExact() bool { return l.asksFor() == l.Dir }

// Head is what the head of an answer says.
type Head struct {
	Index    uint64
	Back     bool // the store's index is less than that of the query: it lost what came since
	Filtered bool // keys were left out for want of rights
	Took     time.Duration
}

// Answer is the answer to a List. Its elements are read once, by one of its methods, and it must be
// closed. Where a URL cannot name the directory, keys beside it come, too.
type Answer struct {
	Head
	client *Client
	asked  uint64
	body   io.ReadCloser
}

// IsOld reports whether nothing is newer than the index of the query.
func (a *Answer) IsOld() bool { return a.asked > 0 && a.Index == a.asked }

// Close gives up what was not read.
func (a *Answer) Close() { _ = a.body.Close() }

// Pairs calls each with every pair, which may be nil.
func (a *Answer) Pairs(each func(*api.KVPair) error) error {
	return decodeList(a.body, a.client.pairMost(), each)
}

// Entries calls each with every key. It is Pairs without the values.
func (a *Answer) Entries(each func(*Entry) error) error {
	return newScanner(a.body, a.client.valueMost()).entries(each)
}

// Names calls each with every name, which is good until the next one.
func (a *Answer) Names(each func([]byte) error) error {
	return newScanner(a.body, a.client.valueMost()).names(each)
}

// List sends a query. An answer that is older than the query's index is not returned: a server that
// has just become leader serves old states until it has replayed its log. Then the query is sent
// again without an index, and so consistently, to find out whether that is the truth.
func (c *Client) List(ctx context.Context, l List) (*Answer, error) {
	if l.What == Level && !l.IsExact() {
		l.What = Names // a level above the directory would not name what is in it
	}
	answer, err := c.listOnce(ctx, l)
	if err != nil || answer.Index >= l.Index {
		return answer, err
	}
	if err := answer.body.Close(); err != nil {
		return nil, err
	}
	since := l.Index
	l.Index = 0
	if answer, err = c.listOnce(ctx, l); err != nil {
		return nil, err
	}
	answer.asked, answer.Back = since, answer.Index < since
	return answer, nil
}

// listOnce is List with whatever answer comes.
func (c *Client) listOnce(ctx context.Context, l List) (*Answer, error) {
	limit := c.timeout * listPatience
	if l.Index > 0 { // the server adds up to a sixteenth to the wait
		l.Wait = cmp.Or(l.Wait, c.wait)
		limit = l.Wait*17/16 + min(limit, c.timeout+l.Cost*listPatience)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, unwatch := c.pulse.watch(ctx)
	stop := context.AfterFunc(c.ctx, func() { cancel(context.Cause(c.ctx)) })
	end := func() { stop(); unwatch(); cancel(nil) }
	lose := func() { cancel(ErrStalled) }
	timer := time.AfterFunc(limit, lose)
	asked := time.Now()
	answer, err := c.ask(ctx, l)
	timer.Stop()
	if err != nil {
		end()
		return nil, err
	}
	head := Head{Took: time.Since(asked), Filtered: answer.Header.Get("X-Consul-Results-Filtered-By-Acls") == "true"}
	head.Index, err = strconv.ParseUint(answer.Header.Get("X-Consul-Index"), 10, 64)
	if err != nil {
		end()
		answer.Body.Close()
		return nil, fmt.Errorf("an answer without an index: %w", err)
	}
	content := &patientBody{body: answer.Body, limit: c.timeout, end: end, stalled: time.AfterFunc(time.Hour, lose)}
	content.stalled.Stop()
	return &Answer{Head: head, client: c, asked: l.Index, body: content}, nil
}

// ask sends a query. A status other than those of a listing is an error.
func (c *Client) ask(ctx context.Context, l List) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.listURL(l), http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusNotFound {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, statusError(answer)
}

// listURL returns a query as a URL.
func (c *Client) listURL(l List) string {
	query := url.Values{}
	switch l.What {
	case Pairs:
		query.Set("recurse", "")
	case Names:
		query.Set("keys", "")
	case Level:
		query.Set("keys", "")
		query.Set("separator", "/")
	}
	if c.datacenter != "" {
		query.Set("dc", c.datacenter)
	}
	if l.Index == 0 { // the leader makes sure that it is one and knows all
		query.Set("consistent", "")
	} else {
		query.Set("index", strconv.FormatUint(l.Index, 10))
		query.Set("wait", strconv.FormatInt(l.Wait.Milliseconds(), 10)+"ms")
	}
	u := url.URL{Scheme: "http", Host: placeholder, Path: kvPath + l.asksFor(), RawQuery: query.Encode()}
	return u.String()
}

// decodeList reads a JSON list one element after the other, each of which has no more than most
// bytes. No text at all is an empty list.
func decodeList[T any](r io.Reader, most int, each func(T) error) error {
	bound := &boundedReader{r, most, tooLong("an element", most)}
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

// NextIndex returns the index to wait for after an answer with index got. It is 0, which does not
// wait, only when the index went back.
func NextIndex(old, got uint64) uint64 {
	if got < old {
		return 0
	}
	return max(got, 1)
}
