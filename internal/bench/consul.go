package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/internal/screen"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// The targets on Consul.
const (
	consulFirstGoal   = 150 * time.Millisecond
	consulKnownTimes  = 0.5 // of `consul kv get -recurse`
	consulDeleteTimes = 1.5 // of writing as many keys
	// consulTxn is how many keys one transaction may write.
	consulTxn = 64
)

// consul is a Consul server with its data.
type consul struct {
	*bench
	server *kvtest.Server
	client *api.Client
	many   keyspace
}

func newConsul(b *bench) *consul { return &consul{bench: b, many: keyspace{"many", b.nodes, true}} }

func (c *consul) stage() stage {
	return stage{"Consul", c.open, c.close, []section{
		{[]string{rowConsulFirst, rowConsulKnown}, c.measureStart},
		{[]string{rowLoad}, c.measureLoad},
		{[]string{rowDelete, rowUndo}, c.measureDelete},
	}}
}

func (c *consul) open() error {
	var err error
	// Debugging shows which queries the server is answering.
	c.server, err = kvtest.LaunchConsul(filepath.Join(c.dir, "consul"), kvtest.WithConfig(`{"enable_debug": true}`))
	if err != nil {
		return err
	}
	if c.client, err = api.NewClient(&api.Config{Address: c.server.Addr}); err != nil {
		return err
	}
	version, err := c.server.CLI("version")
	if err != nil {
		return err
	}
	version, _, _ = strings.Cut(version, "\n")
	c.met(version)
	d, err := c.load(c.many)
	c.say("loaded %s keys in %s", grouped(c.many.n), took(d))
	return err
}

func (c *consul) close() {
	if c.server != nil {
		c.server.Kill()
	}
}

// load puts all keys of a keyspace by transactions of the allowed size, one
// after the other, and returns how long that took.
func (c *consul) load(k keyspace) (time.Duration, error) {
	began := time.Now()
	for first := 0; first < k.n; first += consulTxn {
		if err := c.ctx.Err(); err != nil {
			return 0, err
		}
		var puts api.TxnOps
		for i := first; i < min(k.n, first+consulTxn); i++ {
			puts = append(puts, &api.TxnOp{KV: &api.KVTxnOp{Verb: api.KVSet, Key: k.key(i), Value: []byte("v0")}})
		}
		ok, answer, _, err := c.client.Txn().Txn(puts, nil)
		if err != nil {
			return 0, err
		}
		if !ok {
			return 0, fmt.Errorf("a transaction was refused: %s", answer.Errors[0].What)
		}
	}
	return time.Since(began), nil
}

// explorer starts kvist.
func (c *consul) explorer() (*explorer, error) {
	return c.explore("consul://" + c.server.Addr + "/" + c.many.prefix)
}

// measureStart starts kvist and the native client by turns.
func (c *consul) measureStart() ([]row, error) {
	var first, known, listing sample
	for i := range c.rounds {
		d, err := wall(c.server.Command("kv", "get", "-recurse", c.many.prefix+"/"))
		if err != nil {
			return nil, err
		}
		listing = append(listing, d)
		x, err := c.explorer()
		if err != nil {
			return nil, err
		}
		f, k, err := x.starts(service(0), c.many.n)
		x.Close()
		if err != nil {
			return nil, err
		}
		first, known = append(first, f), append(known, k)
		c.say("round %d: first tree %s, all known %s; consul kv get %s", i+1, took(f), took(k), took(d))
	}
	ratio := quotient(known.median(), listing.median())
	return []row{
		row{
			what: rowConsulFirst, kvist: took(first.median()) + " of " + grouped(c.many.n) + " keys", goal: took(consulFirstGoal),
		}.judged(first.median() <= consulFirstGoal),
		row{
			what: rowConsulKnown, kvist: took(known.median()), reference: took(listing.median()) + " `consul kv get -recurse`",
			ratio: times(ratio), goal: times(consulKnownTimes),
		}.judged(ratio <= consulKnownTimes),
	}, nil
}

// measureDelete carries out plans, undoes them, and writes as many keys by turns.
func (c *consul) measureDelete() ([]row, error) {
	s, err := c.openRecorded(kv.CONSUL, c.server.Addr)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	gone := keyspace{"gone", c.nodes, true}
	of := deleted{n: gone.n}
	for range c.rounds {
		d, err := c.load(gone)
		if err != nil {
			return nil, err
		}
		c.say("wrote %s keys in %s", grouped(gone.n), took(d))
		of.native = append(of.native, d)
		if err := of.round(s, gone.prefix); err != nil {
			return nil, err
		}
		back, _, err := c.client.KV().Keys(gone.prefix+"/", "", nil)
		if err != nil {
			return nil, err
		}
		if len(back) != gone.n {
			return nil, fmt.Errorf("%d keys are there after a plan was undone", len(back))
		}
		if _, err := c.client.KV().DeleteTree(gone.prefix+"/", nil); err != nil {
			return nil, err
		}
	}
	return of.rows(fmt.Sprintf("writing as many by transactions of %d", consulTxn), consulDeleteTimes), nil
}

// measureLoad counts the blocking queries of one idle explorer, with no folder
// open and with two.
func (c *consul) measureLoad() ([]row, error) {
	none, err := c.blocking()
	if err != nil {
		return nil, err
	}
	x, err := c.explorer()
	if err != nil {
		return nil, err
	}
	defer x.Close()
	if _, err := x.allKnown(c.many.n); err != nil {
		return nil, err
	}
	time.Sleep(c.calm)
	closed, err := c.blocking()
	if err != nil {
		return nil, err
	}
	// The first folder, and the first one in it.
	for at := range 2 {
		_, before := screen.Look(x.Terminal, x.position)
		_, err := x.AwaitAfter("a folder to open", func() error { return x.Type("gj"[:1+at] + "l") }, func() bool {
			_, of := x.position()
			return of > before
		})
		if err != nil {
			return nil, err
		}
	}
	time.Sleep(c.calm)
	open, err := c.blocking()
	if err != nil {
		return nil, err
	}
	closed, open = closed-none, open-none
	return []row{row{
		what:  rowLoad,
		kvist: fmt.Sprintf("%d blocking queries with 1 level open, %d with 3", closed, open), goal: "1 per open level",
	}.judged(closed <= 1 && open <= 3)}, nil
}

// blocking counts the server's blocking queries in the stacks of its
// goroutines.
func (c *consul) blocking() (int, error) {
	stacks, err := c.fetch("http://" + c.server.Addr + "/debug/pprof/goroutine?debug=2")
	if err != nil {
		return 0, err
	}
	if !strings.Contains(stacks, "consul.(*Server)") {
		return 0, errors.New("the server does not tell its goroutines")
	}
	n := 0
	for stack := range strings.SplitSeq(stacks, "\n\n") {
		if strings.Contains(stack, ".(*Server).blockingQuery(") && strings.Contains(stack, ".(*KVS).") {
			n++
		}
	}
	return n, nil
}
