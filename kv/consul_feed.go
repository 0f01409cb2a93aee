package kv

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"kvist/kv/internal/pacing"
	"kvist/kv/internal/packed"
)

// consulLimits is how large a subtree may be to be followed whole, and how
// long blocking queries wait. Tests make it small.
type consulLimits struct {
	// keys is the most that a listing of a scoped feed's whole subtree may
	// have; twice that where it has been followed whole already. cost is the
	// most that one may take the server to make, as far as what is in it
	// explains that: see pacing.MostCost.
	keys int
	cost time.Duration
	// memory is how many bytes the keys may take, here and where they are kept
	// as a tree.
	memory int64
	// leaves is up to how many keys of a level are read by transactions; a
	// level with more is read by one listing of all below it, if that is cheap.
	leaves int
	// levels is how many levels are followed at most: each is a connection,
	// of which agents allow a client 200.
	levels int
	// wait is the least that a blocking query waits, and waitMost the most.
	wait, waitMost time.Duration
}

// consulWaitMost is well below the ten minutes that servers allow.
const consulWaitMost = 5 * time.Minute

func consulDefaultLimits(memory int64) consulLimits {
	return consulLimits{memory: memory, keys: 250_000, cost: 3 * time.Second, leaves: 1024, levels: 100, wait: DefaultWatchWaitTime, waitMost: consulWaitMost}
}

// Follow opens a feed of everything below prefix. It is a Scoped: if Scope is
// called before the first Next, a subtree that is too large to be listed at
// each change is followed by levels, and stays so until the feed is closed;
// else it is followed whole, whatever it costs.
//
// Consul tells no single changes: a blocking query returns all it asks for
// when something in that is newer, and changes in between are merged. The feed
// keeps an index of all it tells, without values, to find what changed, and
// asks the less often the more an answer costs the server.
//
// A scoped feed of which nothing is open yet begins with the uppermost level,
// so that there is something to see before the listing has come: its folders
// as FolderEvents, its keys as puts with Index 0, which are put again. So is
// the level of a folder that is opened later, where the feed goes by levels.
func (s *Consul) Follow(prefix string, options FollowOptions) (Feed, error) {
	if err := s.enter(); err != nil {
		return nil, s.fail("follow", prefix, err)
	}
	scope := newScope(options)
	p := newPump(func(ctx context.Context, p *pump) {
		ctx, cancel := joined(ctx, s.ctx)
		defer cancel()
		r := consulReader{
			store: s, pump: p, scope: scope, prefix: prefix, dir: consulDir(prefix),
			limits: s.limits, budget: &pacing.Budget{},
		}
		r.behaviors.store = s
		r.run(ctx)
	}, s.wg.Done)
	return scopedPump{p, scope}, nil
}

// consulReader reads a subtree for a feed.
type consulReader struct {
	store     *Consul
	pump      *pump
	scope     *scope
	prefix    string
	dir       string
	limits    consulLimits
	budget    *pacing.Budget
	behaviors consulBehaviors

	scoped   bool         // the reader can do with levels
	surveyed bool         // the uppermost level was told
	begun    bool         // by that, the listing has begun
	byLevels bool         // the subtree is too large to be followed whole
	beyond   bool         // since its keys take too much memory
	held     atomic.Int64 // bytes that the keys of the levels take
	synced   bool         // a listing has ended: what breaks now leaves a gap

	// Of the subtree followed whole: what is known, and what the answer under
	// way says.
	query        pacing.Query
	known, fresh packed.Snapshot
	unseen       error // why something may be missing in it
}

// errTooLarge is why a subtree is not followed whole any more.
var errTooLarge = errors.New("too large to be followed whole")

// run follows the subtree until ctx ends, and all over again after lost
// contact.
func (r *consulReader) run(ctx context.Context) {
	r.scoped = r.scope.partial
	r.query = pacing.NewQuery(r.budget)
	var pause backoff
	for {
		err := r.watched(ctx, &pause)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errTooLarge):
			r.byLevels, r.beyond = true, r.known.Cost() > r.limits.memory || r.fresh.Cost() > r.limits.memory
			r.known, r.fresh = packed.Snapshot{}, packed.Snapshot{}
			continue
		case errors.Is(err, errRelist):
			continue
		}
		r.pump.lost(Reconnecting, r.store.fail("follow", r.prefix, err))
		if pause.wait(ctx) != nil {
			return
		}
	}
}

// watched is read that also ends when the agent is found not to answer.
func (r *consulReader) watched(ctx context.Context, pause *backoff) error {
	ctx, unwatch := r.store.pulse.watch(ctx)
	defer unwatch()
	ctx, cancel := context.WithCancelCause(ctx)
	var minding sync.WaitGroup
	defer func() { cancel(nil); minding.Wait() }()
	if r.store.transport.token != "" {
		minding.Go(func() {
			if err := contained(func() { r.mindRights(ctx, cancel) }); err != nil {
				cancel(err)
			}
		})
	}
	err := r.read(ctx, pause)
	if r.store.isDenied(causeOr(ctx, err)) {
		err = r.followAlone(ctx, pause, err)
	}
	return causeOr(ctx, err)
}

// read lists and follows until an error.
func (r *consulReader) read(ctx context.Context, pause *backoff) error {
	if r.scoped && !r.surveyed {
		if err := r.survey(ctx); err != nil {
			return err
		}
	}
	if r.byLevels {
		return r.followLevels(ctx, pause)
	}
	return r.followWhole(ctx, pause)
}

// missed is what a listing that begins now has missed.
func (r *consulReader) missed() Missed {
	if r.synced {
		return Gap
	}
	return 0
}

// sync ends a listing. unseen says what it lacks.
func (r *consulReader) sync(unseen error) {
	r.synced = true
	r.pump.sync(r.store.fail("follow", r.prefix, unseen))
}

// preview tells what will be told again, and so counts for nothing.
func (r *consulReader) preview(events []Event) {
	r.pump.update(func() { r.pump.queue.list(events) })
}

// state is what is remembered of a key.
func (r *consulReader) state(ctx context.Context, e *consulEntry) packed.State {
	var flags KeyFlags
	if len(e.session) > 0 {
		flags = LockedKey
		if r.behaviors.ephemeral(ctx, e.session) {
			flags |= Ephemeral
		}
	}
	return packed.State{Index: e.index, Size: e.size, Marks: byte(flags)}
}

// consulEvent is a change as a feed tells it.
func consulEvent(c packed.Change) Event {
	key := consulGiven(string(c.Name))
	switch {
	case c.Here && c.Is.Folder:
		return Event{Kind: FolderEvent, Key: consulFolderKey(key), Size: -1}
	case c.Here:
		return Event{Kind: PutEvent, Key: key, Index: c.Is.Index, Size: c.Is.Size, Flags: KeyFlags(c.Is.Marks), Preview: c.Is.Index == 0}
	case c.Was.Folder:
		return Event{Kind: FolderGoneEvent, Key: consulFolderKey(key), Size: -1}
	}
	return Event{Kind: DeleteEvent, Key: key, Size: -1}
}

// consulBehaviors knows what happens to a session's keys when it ends. It
// asks once for all sessions when it meets one it does not know.
type consulBehaviors struct {
	store *Consul

	mu    sync.Mutex
	known map[string]bool // by session: whether they are deleted
}

// ephemeral reports whether a session's keys are deleted with it. A session
// that may not be read is taken for one that only frees them.
func (b *consulBehaviors) ephemeral(ctx context.Context, session []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	deletes, ok := b.known[string(session)]
	if !ok {
		if sessions, err := b.store.sessions(ctx); err == nil {
			b.known = make(map[string]bool, len(sessions))
			for id, entry := range sessions {
				b.known[id] = entry.Behavior == "delete"
			}
		}
		deletes = b.known[string(session)]
		if b.known != nil {
			b.known[string(session)] = deletes
		}
	}
	return deletes
}
