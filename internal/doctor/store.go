package doctor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"kvist/internal/config"
	"kvist/internal/printable"
	"kvist/kv"
)

// open opens the store, which logs in.
func (e *examination) open(ctx context.Context) (kv.Store, bool) {
	type opening struct {
		store kv.Store
		err   error
	}
	done := make(chan opening, 1)
	go func() {
		s, err := config.Open(e.Target)
		done <- opening{s, err}
	}()
	select {
	case <-ctx.Done():
		e.failedBy(CheckOpen, ctx.Err())
		return nil, false
	case o := <-done:
		if o.err != nil {
			e.failedBy(CheckOpen, o.err)
			return nil, false
		}
		e.passed(CheckOpen, "", e.whoAmI())
		return o.store, true
	}
}

func (e *examination) whoAmI() string {
	c := e.Target.Config
	switch {
	case c.Username != "":
		return "logged in as " + printable.String(c.Username)
	case c.Token != "":
		return "opened, with a token"
	case c.TLS != nil && len(c.TLS.Certificates) > 0:
		return "opened, with a client certificate"
	}
	return "opened, without a login"
}

// examineStore checks what the open store says and allows.
func (e *examination) examineStore(ctx context.Context, s kv.Store) {
	e.health(ctx, s)
	key := e.Key(s)
	if e.read(ctx, s, key) {
		e.trip(ctx, s, key)
	}
	e.clock(ctx)
	e.write(s, key)
	e.watch(ctx, s, key)
	e.locks(ctx, s, key)
}

// health asks for version, leader and members.
func (e *examination) health(ctx context.Context, s kv.Store) {
	reader, ok := kv.As[kv.HealthReader](s)
	if !ok {
		e.unknown(CheckHealth, "", "this store does not say")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*e.timeout())
	defer cancel()
	h, err := reader.Health(ctx)
	if err != nil {
		e.failedBy(CheckHealth, err)
		return
	}
	parts := []string{printable.String(h.Server)}
	if h.Members > 0 {
		parts = append(parts, count(h.Members, "member"))
	}
	if h.Leader != "" {
		parts = append(parts, "leader "+printable.String(h.Leader))
	}
	if h.Note != "" {
		parts = append(parts, printable.String(h.Note))
	}
	if !h.Healthy {
		e.failed(CheckHealth, "", strings.Join(parts, ", "), "Look at the servers and the network between them.")
		return
	}
	e.passed(CheckHealth, "", strings.Join(parts, ", "))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// errEnough ends a listing of which no more has to be known.
var errEnough = errors.New("enough")

// read looks for one key below the prefix.
func (e *examination) read(ctx context.Context, s kv.Store, prefix string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*e.timeout())
	defer cancel()
	unseen, err := kv.ListKeys(ctx, s, prefix, kv.ListOptions{Level: true}, func(entry kv.Entry) error {
		e.first = entry.Key
		return errEnough
	})
	switch {
	case errors.Is(err, errEnough):
		e.passed(CheckRead, "", "keys below "+place(prefix)+" can be read")
	case err != nil:
		e.failedBy(CheckRead, err)
		return false
	case unseen != nil:
		e.failedBy(CheckRead, unseen)
	default:
		e.passed(CheckRead, "", "there are no keys below "+place(prefix)+"; nothing forbids to look")
	}
	return true
}

func place(prefix string) string {
	if prefix == "" {
		return "the root"
	}
	return printable.Name(prefix)
}

// trips is how many questions the round trip is measured by.
const trips = 5

// trip measures what one small question takes.
func (e *examination) trip(ctx context.Context, s kv.Store, prefix string) {
	var took []time.Duration
	for range trips {
		begin := time.Now()
		if _, err := s.Exists(probe(prefix)); err != nil && !errors.Is(err, kv.ErrDenied) || ctx.Err() != nil {
			e.unknown(CheckTrip, "", "not measured")
			return
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	e.passed(CheckTrip, "", short(took[len(took)/2])+" for a small question")
}

// probe is a key below the prefix that nobody has. It is asked for, and never
// written.
func probe(prefix string) string {
	return strings.TrimSuffix(prefix, "/") + "/kvist-doctor"
}

// impossible is an index that no key has.
const impossible = math.MaxInt64 - 1

// write tries a compare-and-swap against a version that no key ever has: a server
// that refuses the write says so, any other that the key was modified.
func (e *examination) write(s kv.Store, prefix string) {
	if e.Target.ReadOnly {
		e.unknown(CheckWrite, "", "not tried: the profile or --read-only forbids it")
		return
	}
	key := e.victim(s, prefix)
	err := attempt(s, key)
	if errors.Is(err, kv.ErrIsDirectory) {
		key = probe(prefix)
		err = attempt(s, key)
	}
	switch {
	case errors.Is(err, kv.ErrKeyNotFound) && e.Target.Address.Scheme == config.ZK:
		e.unknown(CheckWrite, "", "there is no znode at which it can be tried without writing")
	case errors.Is(err, kv.ErrKeyModified), errors.Is(err, kv.ErrKeyNotFound):
		e.passed(CheckWrite, "", "allowed at "+printable.Name(key)+"; nothing was written")
	case errors.Is(err, kv.ErrDenied):
		e.failed(CheckWrite, "", "denied at "+printable.Name(key),
			"If it should be allowed, check the rights of this login; if not, read_only in the profile keeps kvist from trying.")
	case err == nil:
		e.failed(CheckWrite, "", "a guarded write was carried out at "+printable.Name(key), "This must not happen: look at the key.")
	default:
		e.failedBy(CheckWrite, err)
	}
}

func attempt(s kv.Store, key string) error {
	_, _, err := s.AtomicPut(key, []byte("kvist doctor"), &kv.KVPair{Key: key, LastIndex: impossible}, nil)
	return err
}

// victim returns the key that the write is tried at: the prefix itself, if it is
// a key, else one below it that nobody has. ZooKeeper looks for the znode before
// it looks at rights, so there it is one that exists.
func (e *examination) victim(s kv.Store, prefix string) string {
	if trimmed := strings.TrimSuffix(prefix, "/"); trimmed != "" {
		if there, err := s.Exists(trimmed); err == nil && there {
			return trimmed
		}
	}
	if e.Target.Address.Scheme == config.ZK && e.first != "" {
		return e.first
	}
	return probe(prefix)
}

// watch opens a feed and waits for its first word.
func (e *examination) watch(ctx context.Context, s kv.Store, prefix string) {
	feed, err := kv.Follow(s, prefix, kv.FollowOptions{})
	if err != nil {
		e.failedBy(CheckWatch, err)
		return
	}
	defer feed.Close()
	ctx, cancel := context.WithTimeout(ctx, 2*e.timeout())
	defer cancel()
	for {
		b, err := feed.Next(ctx)
		switch {
		case err != nil:
			e.failedBy(CheckWatch, err)
			return
		case b.Err != nil:
			e.failedBy(CheckWatch, b.Err)
			return
		case b.State == kv.Live || len(b.Events) > 0:
			e.passed(CheckWatch, "", "changes arrive as they happen")
			return
		}
	}
}

// locks looks for locks below the prefix.
func (e *examination) locks(ctx context.Context, s kv.Store, prefix string) {
	inspector, ok := kv.As[kv.LockInspector](s)
	if !ok {
		e.unknown(CheckLocks, "", "this store has none")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 4*e.timeout())
	defer cancel()
	found, err := inspector.Locks(ctx, prefix)
	switch {
	case errors.Is(err, kv.ErrIncomplete):
		e.failed(CheckLocks, "", count(len(found), "lock")+" seen; some keys may not be read", "Check the rights of this login.")
	case errors.Is(err, context.DeadlineExceeded):
		e.unknown(CheckLocks, "", "looking through all keys takes longer than this examination")
	case err != nil:
		e.failedBy(CheckLocks, err)
	default:
		e.passed(CheckLocks, "", count(len(found), "lock")+" seen")
	}
}
