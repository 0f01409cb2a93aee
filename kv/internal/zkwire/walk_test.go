package zkwire_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkfake"
	"kvist/kv/internal/zkwire"
)

// open returns a dialer for a server, and a connection to it that ends with the test.
func open(t *testing.T, s *zkfake.Server, event func(zkwire.Event)) (*zkwire.Dialer, *zkwire.Pipe) {
	t.Helper()
	d := &zkwire.Dialer{Endpoints: []string{s.Addr}, Timeout: 5 * time.Second}
	p, err := d.OpenPipe(t.Context(), event, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return d, p
}

// A walk visits each node once, with its data if they are asked for, a level after the one above,
// also over the connections that a large tree is spread over.
func TestWalkVisitsEachNodeOnce(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	want := []string{"/r", "/r/a", "/r/b"}
	for i := range zkwire.Many + 100 {
		name := fmt.Sprintf("/r/a/%d", i)
		s.Set(name, name)
		want = append(want, name)
	}
	s.Set("/r/b/c", "/r/b/c")
	want = append(want, "/r/b/c")
	slices.Sort(want)
	_, p := open(t, s, nil)
	for _, data := range []bool{false, true} {
		var got []string
		seen := map[string]bool{"/": true}
		err := p.Walk(t.Context(), "/r", data, func(n zkwire.Node) ([]string, error) {
			if data && len(n.Data) > 0 && string(n.Data) != n.Path || data && len(n.Children) == 0 && len(n.Data) == 0 {
				t.Errorf("%s has the data %q", n.Path, n.Data)
			}
			got = append(got, n.Path)
			seen[n.Path] = true
			return n.Children, nil
		})
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d nodes, want %d: %v", len(got), len(want), err)
		}
	}
	enough := errors.New("enough")
	if err := p.Walk(t.Context(), "/r", false, func(zkwire.Node) ([]string, error) { return nil, enough }); !errors.Is(err, enough) {
		t.Error(err)
	}
	err := p.Walk(t.Context(), "/none", false, func(n zkwire.Node) ([]string, error) {
		if n.Stat != nil {
			t.Errorf("%+v", n)
		}
		return nil, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Readings come in their order, though many are under way.
func TestReadManyKeepsTheOrder(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	for i := range 1000 {
		s.Set(fmt.Sprint("/", i), "x")
	}
	_, p := open(t, s, nil)
	nodes, err := zkwire.ReadMany(t.Context(), 1001, func(i int, got func(zkwire.Node, error)) { p.ReadStat(fmt.Sprint("/", i), false, got) })
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range nodes {
		if n.Path != fmt.Sprint("/", i) || (n.Stat == nil) != (i == 1000) {
			t.Errorf("%d: %+v", i, n)
		}
	}
}

// Requests under way fail when the connection breaks, and WithPipe begins anew on another.
func TestReadingBeginsAnewAfterALostConnection(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	s.Set("/a", "1")
	d, p := open(t, s, nil)
	s.Drop()
	<-p.Done()
	if err := p.Sync(t.Context()); !errors.Is(err, zk.ErrConnectionClosed) || p.Err() == nil {
		t.Error(err)
	}
	tries := 0
	err := d.WithPipe(t.Context(), func(p *zkwire.Pipe) error {
		if tries++; tries == 1 {
			s.Drop()
			<-p.Done()
		}
		return p.CheckReadable(t.Context(), "/a")
	})
	if err != nil || tries != 2 {
		t.Errorf("%d tries: %v", tries, err)
	}
}

// A recursive watch reports all changes, and a server before 3.6 that it has none.
func TestRecursiveWatch(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	d := &zkwire.Dialer{Endpoints: []string{s.Addr}, Timeout: 5 * time.Second}
	w, err := d.Open(t.Context(), s.Addr, time.Second)
	if err == nil {
		err = d.Watch(t.Context(), w, "/r")
	}
	if err != nil || w.Granted != time.Second {
		t.Fatal(err)
	}
	events := make(chan zkwire.Event, 10)
	p := d.NewPipe(w, func(e zkwire.Event) { events <- e })
	defer p.Close()
	s.Set("/r/a", "1")
	s.Set("/r/a", "2")
	s.Delete("/r/a")
	for _, want := range []zkwire.Event{
		{Kind: zkwire.Created, Path: "/r"},
		{Kind: zkwire.Created, Path: "/r/a"},
		{Kind: zkwire.Changed, Path: "/r/a"},
		{Kind: zkwire.Deleted, Path: "/r/a"},
	} {
		if e := <-events; e != want {
			t.Errorf("%+v, want %+v", e, want)
		}
	}

	old := zkfake.Start(t, "3.5.9")
	w, err = d.Open(t.Context(), old.Addr, time.Second)
	if err == nil {
		err = d.Watch(t.Context(), w, "/r")
	}
	if !errors.Is(err, zkwire.ErrNoRecursiveWatches) {
		t.Error(err)
	}
	if !d.KeepsWatches(t.Context(), zkfake.Start(t, "3.4.14").Addr) || d.KeepsWatches(t.Context(), old.Addr) {
		t.Error("servers that remove watches are not known by their version")
	}
}

// Probe returns what the servers grant, or the most telling reason why none does.
func TestProbe(t *testing.T) {
	s := zkfake.Start(t, "3.8.0")
	d := &zkwire.Dialer{Endpoints: []string{"127.0.0.1:1", s.Addr}, Timeout: 5 * time.Second}
	if granted, err := d.Probe(t.Context(), 3*time.Second); granted != 3*time.Second || err != nil {
		t.Errorf("%v, %v", granted, err)
	}
	d.Endpoints = []string{"127.0.0.1:1"}
	if _, err := d.Probe(t.Context(), time.Second); !errors.Is(err, zkwire.ErrNotConnected) {
		t.Error(err)
	}
	d.Endpoints = nil
	if _, err := d.Probe(context.Background(), time.Second); !errors.Is(err, zkwire.ErrNotConnected) {
		t.Error(err)
	}
	failures := zkwire.Failures{zkwire.ErrNotConnected}.With(errors.New("odd")).With(zkwire.ErrNotZooKeeper)
	if got := failures.Error(); got != "the answer is not ZooKeeper's; odd" {
		t.Error(got)
	}
}
