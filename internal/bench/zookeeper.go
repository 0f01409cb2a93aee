package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// The targets on ZooKeeper.
const (
	znodesFirstGoal   = 300 * time.Millisecond
	znodesKnownTimes  = 0.2 // of `zkCli ls -R`
	znodesDeleteTimes = 0.4 // of `zkCli deleteall`
	// zkMulti is how many nodes one request creates.
	zkMulti = 500
	// zkSession is how long a session outlives its connection.
	zkSession = 10 * time.Second
)

// zooKeeper is a ZooKeeper server with its data.
type zooKeeper struct {
	*bench
	server *kvtest.Server
	conn   *zk.Conn
	many   keyspace
}

func newZooKeeper(b *bench) *zooKeeper { return &zooKeeper{bench: b, many: within("many", b.nodes)} }

func (z *zooKeeper) stage() stage {
	return stage{"ZooKeeper", z.open, z.close, []section{
		{[]string{rowZooKeeperFirst, rowZooKeeperKnown}, z.measureStart},
		{[]string{rowLoad}, z.measureLoad},
		{[]string{rowDelete, rowUndo}, z.measureDelete},
	}}
}

// silent discards what the client library logs.
type silent struct{}

func (silent) Printf(string, ...any) {}

func (z *zooKeeper) open() error {
	var err error
	if z.server, err = kvtest.LaunchZooKeeper(filepath.Join(z.dir, "zookeeper"), kvtest.WithFlags("-Xmx1g")); err != nil {
		return err
	}
	if z.conn, _, err = zk.Connect([]string{z.server.Addr}, zkSession, zk.WithLogger(silent{})); err != nil {
		return err
	}
	said, err := z.word("srvr")
	if err != nil {
		return err
	}
	version := regexp.MustCompile(`version: ([\d.]+)`).FindStringSubmatch(said)
	if version == nil {
		return fmt.Errorf("no version in %q", said)
	}
	z.met("ZooKeeper " + version[1])
	began := time.Now()
	err = z.load(z.many)
	z.say("loaded %s znodes in %s", grouped(z.many.n+z.many.folderCount()), took(time.Since(began)))
	return err
}

func (z *zooKeeper) close() {
	if z.conn != nil {
		z.conn.Close()
	}
	if z.server != nil {
		z.server.Kill()
	}
}

// load creates all folders and keys of a keyspace.
func (z *zooKeeper) load(k keyspace) error {
	paths := append([]string{k.prefix}, k.folders()...)
	for i := range k.n {
		paths = append(paths, k.key(i))
	}
	everybody := zk.WorldACL(zk.PermAll)
	for first := 0; first < len(paths); first += zkMulti {
		if err := z.ctx.Err(); err != nil {
			return err
		}
		var creates []any
		for _, path := range paths[first:min(len(paths), first+zkMulti)] {
			creates = append(creates, &zk.CreateRequest{Path: "/" + path, Data: []byte("v0"), Acl: everybody})
		}
		if _, err := z.conn.Multi(creates...); err != nil {
			return err
		}
	}
	return nil
}

// explorer starts kvist.
func (z *zooKeeper) explorer() (*explorer, error) {
	return z.explore("zk://" + z.server.Addr + "/" + z.many.prefix)
}

// measureStart starts kvist and the native client by turns.
func (z *zooKeeper) measureStart() ([]row, error) {
	var first, known, listing sample
	total := z.many.n + z.many.folderCount()
	for i := range z.rounds {
		x, err := z.explorer()
		if err != nil {
			return nil, err
		}
		f, k, err := x.starts(service(0), total)
		x.Close()
		if err != nil {
			return nil, err
		}
		first, known = append(first, f), append(known, k)
		z.say("round %d: first tree %s, all known %s", i+1, took(f), took(k))
		if i > 0 && listing[0] > 10*time.Second {
			continue // once is enough for what takes so long
		}
		d, err := wall(z.server.Command("ls", "-R", "/"+z.many.prefix))
		if err != nil {
			return nil, err
		}
		listing = append(listing, d)
		z.say("zkCli ls -R %s", took(d))
	}
	ratio := quotient(known.median(), listing.median())
	return []row{
		row{
			what: rowZooKeeperFirst, kvist: took(first.median()) + " of " + grouped(total) + " znodes", goal: took(znodesFirstGoal),
		}.judged(first.median() <= znodesFirstGoal),
		row{
			what: rowZooKeeperKnown, kvist: took(known.median()), reference: took(listing.median()) + " `zkCli ls -R`",
			ratio: times(ratio), goal: times(znodesKnownTimes),
		}.judged(ratio <= znodesKnownTimes),
	}, nil
}

// measureDelete carries out plans, undoes them, and runs the native client by
// turns.
func (z *zooKeeper) measureDelete() ([]row, error) {
	s, err := z.openRecorded(kv.ZK, z.server.Addr)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	gone := within("gone", z.nodes-1) // and the prefix itself
	of := deleted{n: gone.n + gone.folderCount() + 1}
	if err := z.load(gone); err != nil {
		return nil, err
	}
	for i := range z.rounds {
		if err := of.round(s, gone.prefix); err != nil {
			return nil, err
		}
		if i > 0 && of.native[0] > 10*time.Second {
			continue // once is enough for what takes so long
		}
		d, err := wall(z.server.Command("deleteall", "/"+gone.prefix))
		if err != nil {
			return nil, err
		}
		there, _, err := z.conn.Exists("/" + gone.prefix)
		if err != nil {
			return nil, err
		}
		if there {
			return nil, errors.New("zkCli deleteall did not delete all")
		}
		of.native = append(of.native, d)
		z.say("zkCli deleteall %s", took(d))
		if err := z.load(gone); err != nil {
			return nil, err
		}
	}
	return of.rows("`zkCli deleteall`", znodesDeleteTimes), nil
}

// measureLoad counts the watches of one idle explorer.
func (z *zooKeeper) measureLoad() ([]row, error) {
	x, err := z.explorer()
	if err != nil {
		return nil, err
	}
	defer x.Close()
	if _, err := x.allKnown(z.many.n + z.many.folderCount()); err != nil {
		return nil, err
	}
	time.Sleep(z.calm)
	said, err := z.word("wchs")
	if err != nil {
		return nil, err
	}
	found := regexp.MustCompile(`Total watches:\s*(\d+)`).FindStringSubmatch(said)
	if found == nil {
		return nil, fmt.Errorf("no watches in %q", said)
	}
	watches, err := strconv.Atoi(found[1])
	if err != nil {
		return nil, err
	}
	return []row{row{
		what: rowLoad, kvist: fmt.Sprintf("%d watches on %s znodes", watches, grouped(z.many.n+z.many.folderCount())),
		goal: fmt.Sprintf("1 to %s watches", grouped(kv.DefaultWatchBudget)),
	}.judged(watches > 0 && watches <= kv.DefaultWatchBudget)}, nil
}

// word sends the server one of its four-letter words and returns the answer.
func (z *zooKeeper) word(word string) (string, error) {
	conn, err := net.DialTimeout("tcp", z.server.Addr, zkSession)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(zkSession)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return strings.TrimSpace(string(answer)), err
}
