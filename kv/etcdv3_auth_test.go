package kv_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3Account is a server that demands a login, and the login of a store that is open meanwhile.
type v3Account struct {
	*testing.T
	server *kvtest.Server
	store  *kv.EtcdV3
	feed   kv.Feed
	tree   map[string]kv.Event
	last   kv.Batch

	password, role, demanded bool // whether each is right, and whether a login is demanded
	writes                   int
}

const v3TokenLife = 2 * time.Second

func v3NewAccount(t *testing.T, server *kvtest.Server) *v3Account {
	t.Helper()
	v3DemandLogin(t, server)
	a := &v3Account{T: t, server: server, tree: map[string]kv.Event{}, password: true, role: true, demanded: true}
	a.store = v3Open(t, server, &kv.Config{Username: "reader", Password: "hidden"})
	feed, err := a.store.Follow("app", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { feed.Close() })
	a.feed = feed
	return a
}

// root calls do with a client that has all rights.
func (a *v3Account) root(do func(context.Context, *clientv3.Client) error) {
	a.Helper()
	ctx, cancel := context.WithTimeout(a.Context(), 20*time.Second)
	defer cancel()
	config := clientv3.Config{Endpoints: []string{a.server.Addr}, Logger: zap.NewNop(), DialTimeout: 10 * time.Second}
	if a.demanded {
		config.Username, config.Password = "root", "secret"
	}
	client, err := clientv3.New(config)
	if err != nil {
		a.Fatal(err)
	}
	defer client.Close()
	if err := do(ctx, client); err != nil {
		a.Fatal(err)
	}
}

// turns returns what can happen to a login, each there and back.
func (a *v3Account) turns() map[string]func() {
	return map[string]func(){
		"password": func() {
			a.password = !a.password
			password := map[bool]string{true: "hidden", false: "changed"}[a.password]
			a.root(func(ctx context.Context, c *clientv3.Client) error {
				_, err := c.UserChangePassword(ctx, "reader", password)
				return err
			})
		},
		"role": func() {
			a.role = !a.role
			a.root(func(ctx context.Context, c *clientv3.Client) error {
				if a.role {
					_, err := c.UserGrantRole(ctx, "reader", "app")
					return err
				}
				_, err := c.UserRevokeRole(ctx, "reader", "app")
				return err
			})
		},
		"demand": func() {
			a.root(func(ctx context.Context, c *clientv3.Client) error {
				if a.demanded {
					_, err := c.AuthDisable(ctx)
					return err
				}
				_, err := c.AuthEnable(ctx)
				return err
			})
			a.demanded = !a.demanded
		},
		"restart": func() {
			a.server.Kill()
			if err := a.server.Restart(); err != nil {
				a.Fatal(err)
			}
		},
		"tokens": func() { time.Sleep(v3TokenLife + 1500*time.Millisecond) }, // they expire
	}
}

// verify checks that the store works if the login is right, and that everything is ErrDenied if it
// is not.
func (a *v3Account) verify(after string) {
	a.Helper()
	right := !a.demanded || a.password && a.role
	a.writes++
	key := fmt.Sprintf("app/%03d", a.writes)
	a.root(func(ctx context.Context, c *clientv3.Client) error {
		_, err := c.Put(ctx, key, "x")
		return err
	})
	began := time.Now()
	pairs, err := a.store.List("app")
	switch {
	case right && err != nil:
		a.Errorf("after %s: a listing: %v", after, err)
	case !right && !errors.Is(err, kv.ErrDenied):
		a.Errorf("after %s: a listing while it is denied: %d, %v", after, len(pairs), err)
	}
	if _, err := kv.MakePlan(a.Context(), a.store, "app"); right != (err == nil) || !right && !errors.Is(err, kv.ErrDenied) {
		a.Errorf("after %s: a plan: %v", after, err)
	}
	if err := a.lock(); right != (err == nil) || !right && !errors.Is(err, kv.ErrDenied) {
		a.Errorf("after %s: a lock: %v", after, err)
	}
	// Each of the three tries a denied login again, and each time costs the server a slow hash.
	// What counts is that none of them hangs.
	if took := time.Since(began); took > kvtest.Allow(20*time.Second) {
		a.Errorf("after %s: listing, plan and lock took %v", after, took)
	}
	a.await(after, func() bool {
		_, told := a.tree[key]
		return a.last.State == kv.Live && told || !right && a.last.State == kv.Denied && errors.Is(a.last.Err, kv.ErrDenied)
	})
}

// lock takes a lock and gives it up.
func (a *v3Account) lock() error {
	lock, err := a.store.NewLock("app/lock", &kv.LockOptions{TTL: 5 * time.Second})
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	defer time.AfterFunc(5*time.Second, func() { close(stop) }).Stop()
	if _, err := lock.(kv.StopLocker).LockStop(stop); err != nil {
		return err
	}
	return lock.Unlock()
}

// await reads the feed until enough returns true, which must be soon.
func (a *v3Account) await(after string, enough func() bool) {
	a.Helper()
	const soon = 8 * time.Second
	began := time.Now()
	ctx, cancel := context.WithTimeout(a.Context(), soon)
	defer cancel()
	for !enough() {
		b, err := a.feed.Next(ctx)
		if err != nil {
			a.Fatalf("after %s: the feed is %v (%v) with %d keys", after, a.last.State, a.last.Err, len(a.tree))
		}
		if b.Begin {
			clear(a.tree)
		}
		for _, e := range b.Events {
			a.tree[e.Key] = e
		}
		a.last = b
	}
	a.Logf("after %-30s %v in %v", after, a.last.State, time.Since(began).Round(time.Millisecond))
}

// However the login of an open store changes: everything works as soon as it is right, and is
// ErrDenied as long as it is not.
func TestEtcdV3LoginComesAndGoes(t *testing.T) {
	t.Parallel()
	turns := []string{"password", "role", "demand", "restart"}
	t.Run("3.4", func(t *testing.T) {
		t.Parallel()
		life := fmt.Sprint(int(v3TokenLife / time.Second))
		v3Walk(v3NewAccount(t, kvtest.StartEtcd(t, kvtest.WithFlags("--auth-token-ttl", life))), append(turns, "tokens"))
	})
	t.Run("3.7", func(t *testing.T) {
		t.Parallel()
		v3Walk(v3NewAccount(t, kvtest.StartEtcdEmbedded(t)), turns)
	})
}

// v3Walk takes the turns called names, and then some at random.
func v3Walk(a *v3Account, names []string) {
	a.Helper()
	seed := rand.Uint64()
	a.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	turns, before := a.turns(), "opening"
	a.verify(before)
	for i := range 3 * len(names) {
		name := names[i%len(names)]
		if i >= len(names) {
			name = names[random.IntN(len(names))]
		}
		turns[name]()
		a.verify(before + ", " + name)
		before = name
		if a.Failed() {
			return
		}
	}
}
