package drafts

import (
	"errors"
	"testing"
	"time"
)

// Ask does not wait for a request that hangs, for that key or another, and the
// last request is the one that counts.
func TestAskingNeverWaits(t *testing.T) {
	var q Queue
	began, goOn := make(chan struct{}), make(chan struct{})
	var done []string
	slow := q.Ask("a", func() error {
		close(began)
		<-goOn
		done = append(done, "first")
		return nil
	})
	ended := make(chan error, 1)
	go func() { ended <- slow() }()
	<-began
	asked := make(chan func() error, 2)
	go func() {
		asked <- q.Ask("a", func() error { done = append(done, "second"); return nil })
		asked <- q.Ask("b", func() error { return nil })
	}()
	var second, other func() error
	for _, carryOut := range []*func() error{&second, &other} {
		select {
		case *carryOut = <-asked:
		case <-time.After(10 * time.Second):
			t.Fatal("asking waits for a request")
		}
	}
	if err := other(); err != nil {
		t.Error(err)
	}
	close(goOn)
	if err := errors.Join(<-ended, second(), slow()); err != nil {
		t.Error(err)
	}
	if len(done) != 2 || done[1] != "second" {
		t.Errorf("done were %q", done)
	}
}

// A request that was overtaken is not carried out; one that nobody carried out
// is, at the end.
func TestTheLatestRequestCounts(t *testing.T) {
	var q Queue
	var done []string
	note := func(what string) func() error {
		return func() error { done = append(done, what); return nil }
	}
	first, second := q.Ask("a", note("first")), q.Ask("a", note("second"))
	q.Ask("b", note("b"))
	if err := errors.Join(second(), first(), q.Finish(), q.Finish()); err != nil {
		t.Error(err)
	}
	if len(done) != 2 || done[0] != "second" || done[1] != "b" {
		t.Errorf("done were %q", done)
	}
	q.Ask("c", func() error { return ErrCorrupt })
	if err := q.Finish(); !errors.Is(err, ErrCorrupt) {
		t.Errorf("the end says %v", err)
	}
}
