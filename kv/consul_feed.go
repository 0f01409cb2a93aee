package kv

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
	"kvist/kv/internal/pacing"
	"kvist/kv/internal/packed"
	"kvist/kv/internal/wait"
)

// consulLimits is how large a subtree may be to be followed whole, and how long blocking queries
// wait. Tests make it small.
type consulLimits struct {
	// keys is the most that a listing of the whole subtree may have where a part would do; twice
	// that if the subtree has been followed whole already. cost is the most time that the server
	// may take to make one, as far as its keys explain it: see pacing.MostCost.
	keys int
	cost time.Duration
	// memory is how many bytes the keys may take, here and where they are kept as a tree.
	memory int64
	// leaves is up to how many keys of a level are read by transactions. A level with more is read
	// by one listing of all below it, if that is cheap.
	leaves int
	// levels is how many levels are followed at most. Each takes a connection, and agents
	// allow a client 200.
	levels int
	// wait is the least that a blocking query waits, and waitMost the most.
	wait, waitMost time.Duration
}

func consulDefaultLimits(memory int64) consulLimits {
	return consulLimits{
		memory: memory, keys: 250_000, cost: 3 * time.Second, leaves: 1024, levels: 100,
		wait:     DefaultWatchWaitTime,
		waitMost: 5 * time.Minute, // well below the ten that servers allow
	}
}

// consulRightsEvery is how often a feed checks whether the token's rights have changed. A blocking
// query that waits goes by those that it began with, and the index does not move with them.
const consulRightsEvery = 2 * time.Second

// Follow implements Follower. Where options allow a part, a subtree that is too large to be listed
// at each change is followed by levels, until the feed is closed.
//
// Consul reports no single changes. A blocking query returns all that it asks for when something
// in it is newer, and merges the changes in between. The feed keeps an index of all that it has
// sent, without values, to find what changed. The more an answer costs the server, the less often
// it asks.
//
// Where a part will do and nothing is open yet, the feed begins with the top level, so that there
// is something to see before the listing has come: folders, and keys as previews. The same goes for
// the level of a folder that is opened later, if the feed goes by levels.
func (s *Consul) Follow(prefix string, options FollowOptions) (Feed, error) {
	leave, err := s.enter()
	if err != nil {
		return nil, s.fail(OpFollow, prefix, err)
	}
	scope := newScope(options)
	p := newPump(func(ctx context.Context, p *pump) {
		ctx, cancel := s.long(ctx)
		defer cancel()
		budget := &pacing.Budget{}
		r := consulReader{
			store: s, pump: p, scope: scope, prefix: prefix, dir: consulDir(prefix),
			limits: s.limits, budget: budget, query: pacing.NewQuery(budget),
		}
		r.behaviors.store = s
		r.run(ctx)
	}, leave)
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

	surveyed bool         // the top level was sent
	begun    bool         // … and began the listing
	byLevels bool         // the subtree is too large to be followed whole
	beyond   bool         // … because its keys take too much memory
	held     atomic.Int64 // bytes that the keys of the levels take
	synced   bool         // a listing has ended: lost contact leaves a gap

	// Of the subtree followed whole: what is known, and what the latest answer says.
	query        pacing.Query
	known, fresh packed.Snapshot
	unseen       error // why something may be missing in it
}

// Why a subtree is read again without lost contact.
var (
	// errConsulTooLarge says that it can no longer be followed whole.
	errConsulTooLarge = errors.New("too large to be followed whole")
	// errConsulRights says that other parts of it may be read by now.
	errConsulRights = errors.New("other rights than before")
)

// run follows the subtree until ctx ends, and starts over after lost contact.
func (r *consulReader) run(ctx context.Context) {
	var pause wait.Backoff
	for {
		err := r.watched(ctx, &pause)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errConsulTooLarge):
			r.byLevels, r.beyond = true, r.known.Cost() > r.limits.memory || r.fresh.Cost() > r.limits.memory
			r.known, r.fresh = packed.Snapshot{}, packed.Snapshot{}
			continue
		case errors.Is(err, errConsulRights):
			continue
		}
		r.pump.lost(Reconnecting, r.fail(err))
		if pause.Wait(ctx) != nil {
			return
		}
	}
}

// fail returns an error of the feed.
func (r *consulReader) fail(err error) error { return r.store.fail(OpFollow, r.prefix, err) }

// watched is read that also ends when the agent is found not to answer, or the token's rights
// change.
func (r *consulReader) watched(ctx context.Context, pause *wait.Backoff) error {
	ctx, unwatch := r.store.http.Watch(ctx)
	defer unwatch()
	ctx, cancel := context.WithCancelCause(ctx)
	var checking sync.WaitGroup
	defer func() { cancel(nil); checking.Wait() }()
	if r.store.http.HasToken() {
		checking.Go(func() {
			if err := contained(func() { r.checkRights(ctx, cancel) }); err != nil {
				cancel(err)
			}
		})
	}
	err := r.read(ctx, pause)
	if r.store.isDenied(consulhttp.Cause(ctx, err)) {
		err = r.followAlone(ctx, pause, err)
	}
	return consulhttp.Cause(ctx, err)
}

// checkRights cancels the reading when the token's rights at the prefix have changed.
func (r *consulReader) checkRights(ctx context.Context, cancel context.CancelCauseFunc) {
	last, known := "", false
	for pause := time.Duration(0); wait.Sleep(ctx, pause) == nil; pause = consulRightsEvery {
		err := r.store.probe(ctx, r.dir)
		refused := ""
		switch {
		case r.store.isDenied(err):
			refused = consulWithoutURL(err).Error()
		case err != nil:
			continue
		}
		if known && refused != last {
			cancel(errConsulRights)
			return
		}
		last, known = refused, true
	}
}

// read lists and follows until an error.
func (r *consulReader) read(ctx context.Context, pause *wait.Backoff) error {
	if r.scope.partial && !r.surveyed {
		if err := r.survey(ctx); err != nil {
			return err
		}
	}
	if r.byLevels {
		return r.followLevels(ctx, pause)
	}
	return r.followWhole(ctx, pause)
}

// missed returns what a listing that begins now has missed.
func (r *consulReader) missed() Missed {
	if r.synced {
		return Gap
	}
	return 0
}

// sync ends a listing. unseen says what it lacks.
func (r *consulReader) sync(unseen error) {
	r.synced = true
	r.pump.endListing(r.fail(unseen))
}

// state returns what is remembered of a key.
func (r *consulReader) state(ctx context.Context, e *consulhttp.Entry) packed.State {
	return packed.State{Index: e.Index, Size: e.Size, Marks: byte(r.behaviors.flags(ctx, e.Session))}
}

// consulEvent returns the event of a change.
func consulEvent(c packed.Change) Event {
	key := consulGiven(string(c.Name))
	switch {
	case c.Here && c.Is.Folder:
		return Event{Kind: FolderEvent, Key: consulFolderKey(key), Size: -1}
	case c.Here:
		return Event{
			Kind: PutEvent, Key: key, Index: c.Is.Index, Size: c.Is.Size, Flags: KeyFlags(c.Is.Marks), Preview: c.Is.Index == 0,
		}
	case c.Was.Folder:
		return Event{Kind: FolderGoneEvent, Key: consulFolderKey(key), Size: -1}
	}
	return Event{Kind: DeleteEvent, Key: key, Size: -1}
}

// consulMerged reports whether an event may stand for several changes of its key. The events are
// the difference of two answers, with the indexes from and to. The later one was made when the
// first change came, unless others may have gathered before the question.
//
// The server keeps no count of changes, only the index of the last one. Every write has an index of
// its own, and those of a transaction share one. So a change is surely single if its index is next
// to that of the state known before. Other changes at the indexes between prove nothing: a
// transaction may have written both keys. In an answer that was made when a change came, all that
// is at its index came alone, too: anything else shows that more came before the server looked.
//
// A level that was woken by changes in closed folders has no change of a key, and so none that is
// merged.
func consulMerged(events []Event, from, to uint64, gathered bool) bool {
	for _, e := range events {
		at := e.Index
		switch e.Kind {
		case PutEvent:
		case DeleteEvent:
			at = to // or before: the answer does not say
		default:
			continue
		}
		if at != from+1 && (gathered || at != to) {
			return true
		}
	}
	return false
}

// consulBehaviors knows what happens to a session's keys when it ends. It asks for all sessions at
// once when it meets one that it does not know.
type consulBehaviors struct {
	store *Consul

	mu    sync.Mutex
	known map[string]bool // by session: whether they are deleted
}

// flags returns the flags of a key that a session holds; an empty one holds nothing.
func (b *consulBehaviors) flags(ctx context.Context, session []byte) KeyFlags {
	switch {
	case len(session) == 0:
		return 0
	case b.ephemeral(ctx, session):
		return Locked | Ephemeral
	}
	return Locked
}

// ephemeral reports whether a session's keys are deleted with it. A session that may not be read is
// taken for one that only frees them.
func (b *consulBehaviors) ephemeral(ctx context.Context, session []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	deletes, ok := b.known[string(session)]
	if !ok {
		if sessions, err := b.store.http.Sessions(ctx); err == nil {
			b.known = make(map[string]bool, len(sessions))
			for id, entry := range sessions {
				b.known[id] = entry.Behavior == api.SessionBehaviorDelete
			}
		}
		deletes = b.known[string(session)]
		if b.known != nil {
			b.known[string(session)] = deletes
		}
	}
	return deletes
}
