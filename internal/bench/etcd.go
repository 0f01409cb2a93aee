package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"kvist/kv/kvtest"
)

const (
	// loadTxn is how many keys one transaction puts: etcd's limit.
	loadTxn = 128
	// loaders is how many transactions run at once while loading.
	loaders = 8
	// etcdTimeout bounds one request; the longest is a listing.
	etcdTimeout = time.Minute
)

// etcd is a server of one version with its data.
type etcd struct {
	*bench
	version string // as the table names it
	server  *kvtest.Server
	client  *clientv3.Client
	many    keyspace // the keys that the targets are for
	tenth   keyspace // a tenth of them, to find what a further key costs
	few     keyspace // to find what a change costs among few keys
}

func newEtcd(b *bench, version string) *etcd {
	return &etcd{
		bench: b, version: version,
		many:  keyspace{"many", b.keys, true},
		tenth: keyspace{"tenth", b.keys / 10, true},
		few:   keyspace{"few", b.few, true},
	}
}

// stage is what is measured on this version: what depends on the version on
// both, everything else on the newer one, the delete plan on the older.
func (e *etcd) stage() stage {
	s := stage{name: "etcd " + e.version, open: e.open, close: e.close}
	s.sections = []section{{[]string{rowFirstTree, rowAllKnown, rowPeak, rowFurther}, e.measureStart}, {[]string{rowPast}, e.measurePast}}
	if e.version == "3.4" {
		s.sections = append(s.sections, section{[]string{rowDelete, rowUndo}, e.measureDelete}, section{[]string{rowLoad}, e.measureLoad})
		return s
	}
	s.sections = append(s.sections,
		section{[]string{rowIdle, rowIdleBytes}, e.measureIdle},
		section{[]string{rowLoad}, e.measureLoad},
		section{[]string{rowCursor}, e.measureCursor},
		section{[]string{rowFindPlain, rowFindFuzzy}, e.measureFind},
		section{[]string{rowChange}, e.measureChange},
		section{[]string{rowWork}, e.measureWork},
		section{[]string{rowCursorBytes, rowChangeBytes}, e.measureBytes},
	)
	return s
}

// open starts the server and loads the data.
func (e *etcd) open() error {
	launch := kvtest.LaunchEtcd
	flags := []kvtest.Option{kvtest.WithFlags("--quota-backend-bytes", strconv.Itoa(8<<30))}
	if e.version != "3.4" {
		launch, flags = kvtest.LaunchEtcdEmbedded, nil
	}
	var err error
	if e.server, err = launch(filepath.Join(e.dir, "etcd-"+e.version), flags...); err != nil {
		return err
	}
	e.client, err = clientv3.New(clientv3.Config{
		Endpoints: []string{e.server.Addr}, Logger: zap.NewNop(),
		DialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1 << 30))},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(e.ctx, etcdTimeout)
	defer cancel()
	status, err := e.client.Status(ctx, e.server.Addr)
	if err != nil {
		return err
	}
	e.met("etcd " + status.Version)
	for _, k := range []keyspace{e.many, e.tenth, e.few} {
		began := time.Now()
		if err := e.load(k); err != nil {
			return err
		}
		e.say("loaded %s keys in %s", grouped(k.n), took(time.Since(began)))
	}
	return nil
}

func (e *etcd) close() {
	if e.client != nil {
		_ = e.client.Close() // no request is running
	}
	if e.server != nil {
		e.server.Kill()
	}
}

// load puts all keys of a keyspace.
func (e *etcd) load(k keyspace) error {
	return inParallel(loaders, up(k.n, loadTxn), func(i int) error {
		var puts []clientv3.Op
		for n := i * loadTxn; n < min(k.n, (i+1)*loadTxn); n++ {
			puts = append(puts, clientv3.OpPut(k.key(n), "v0"))
		}
		ctx, cancel := context.WithTimeout(e.ctx, etcdTimeout)
		defer cancel()
		_, err := e.client.Txn(ctx).Then(puts...).Commit()
		return err
	})
}

// inParallel does n things, width at a time, until one fails.
func inParallel(width, n int, do func(i int) error) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	failed := make(chan error, width)
	for range width {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := do(int(i)); err != nil {
					next.Store(int64(n))
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	return <-failed
}

// address returns where kvist finds a keyspace.
func (e *etcd) address(k keyspace) string { return "etcd://" + e.server.Addr + "/" + k.prefix }

// explorer returns kvist on a keyspace, once it knows all keys of it.
func (e *etcd) explorer(k keyspace) (*explorer, error) {
	x, err := e.explore(e.address(k))
	if err != nil {
		return nil, err
	}
	if _, err := x.allKnown(k.n); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

// opened is explorer with every folder open.
func (e *etcd) opened(k keyspace) (*explorer, error) {
	x, err := e.explorer(k)
	if err != nil {
		return nil, err
	}
	if err := x.openAll(k); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

// etcdctl returns the native client with time enough for a listing.
func (e *etcd) etcdctl(args ...string) *exec.Cmd {
	cmd := e.server.Command(args...)
	cmd.Env = append(cmd.Env, "ETCDCTL_COMMAND_TIMEOUT="+etcdTimeout.String())
	return cmd
}

// put writes a key.
func (e *etcd) put(key, value string) error {
	ctx, cancel := context.WithTimeout(e.ctx, etcdTimeout)
	defer cancel()
	_, err := e.client.Put(ctx, key, value)
	return err
}

// metrics returns the server's own statistics, summed over labels.
func (e *etcd) metrics() (map[string]float64, error) {
	text, err := e.fetch(e.server.Metrics)
	if err != nil {
		return nil, err
	}
	sums := map[string]float64{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if open := strings.IndexByte(name, '{'); open >= 0 {
			value = line[strings.LastIndexByte(line, ' ')+1:]
			name = name[:open]
		}
		if x, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
			sums[name] += x
		}
	}
	if _, ok := sums["etcd_debugging_mvcc_watcher_total"]; !ok {
		return nil, fmt.Errorf("no watchers in the metrics of %s", e.server.Metrics)
	}
	return sums, nil
}
