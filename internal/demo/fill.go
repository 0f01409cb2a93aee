package demo

import (
	"context"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// files are the values that are written by hand; the path is the key.
//
//go:embed files
var files embed.FS

// pair is one key with its value.
type pair struct{ key, value string }

// fill writes the initial keys. Leases are kept alive as long as living.
func (c *Cluster) fill(ctx, living context.Context) error {
	if err := c.fillOnce(ctx); err != nil {
		return err
	}
	if err := c.findNextJob(ctx); err != nil {
		return err
	}
	if err := c.register(ctx); err != nil {
		return err
	}
	return c.contend(ctx, living)
}

// fillOnce writes the keys that stay, unless an earlier run did.
func (c *Cluster) fillOnce(ctx context.Context) error {
	there, err := c.client.Get(ctx, "config/", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil || there.Count > 0 {
		return err
	}
	written, err := fileValues()
	if err != nil {
		return err
	}
	packed, err := stopwords()
	if err != nil {
		return err
	}
	lots := [][]pair{written, packed, c.secrets(), c.flags(), c.nodes(), c.queuedJobs(), c.doneJobs(), c.kubernetes()}
	certificate, err := c.certificate()
	if err != nil {
		return err
	}
	for _, pairs := range append(lots, certificate) {
		if err := c.put(ctx, pairs); err != nil {
			return err
		}
	}
	return nil
}

// put writes pairs in one transaction.
func (c *Cluster) put(ctx context.Context, pairs []pair) error {
	ops := make([]clientv3.Op, len(pairs))
	for i, p := range pairs {
		ops[i] = clientv3.OpPut(p.key, p.value)
	}
	_, err := c.client.Txn(ctx).Then(ops...).Commit()
	return err
}

// fileValues returns the embedded files.
func fileValues() ([]pair, error) {
	var pairs []pair
	err := fs.WalkDir(files, "files", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		pairs = append(pairs, pair{strings.TrimPrefix(path, "files/"), string(text)})
		return err
	})
	return pairs, err
}

// Secrets is the prefix of the values that nobody should see over the shoulder
// of an operator.
const Secrets = "secrets/"

func (c *Cluster) secrets() []pair {
	return []pair{
		{Secrets + "session-ticket.key", string(c.dice.bytes(48))},
		{Secrets + "cookie.salt", string(c.dice.bytes(16))},
		{Secrets + "db/shop.password", base64.RawURLEncoding.EncodeToString(c.dice.bytes(18))},
	}
}

// flags switch features on and off.
func (c *Cluster) flags() []pair {
	var pairs []pair
	for _, name := range []string{
		"checkout/apple-pay", "checkout/invoice", "checkout/one-click", "checkout/vouchers",
		"search/semantic", "search/spelling", "search/synonyms",
		"ui/dark-mode", "ui/new-header", "ui/survey", "ui/wide-tables",
		"ops/read-only", "ops/shadow-traffic", "ops/verbose-logs",
	} {
		rollout := pick(c.dice, []int{0, 0, 5, 25, 50, 100, 100})
		pairs = append(pairs, pair{"flags/" + name, flagValue(rollout)})
	}
	return append(pairs, pair{"flags/frozen", "false"})
}

// flagValue is the value of a feature that is on for rollout percent of the
// users.
func flagValue(rollout int) string {
	return fmt.Sprintf(`{"enabled": %t, "rollout": %d}`, rollout > 0, rollout)
}

// nodes are the machines.
func (c *Cluster) nodes() []pair {
	var pairs []pair
	for i := range 9 {
		name := fmt.Sprintf("nodes/host-%02d/", i+1)
		pairs = append(
			pairs,
			pair{name + "address", fmt.Sprintf("10.0.3.%d", 10+i)},
			pair{name + "zone", string("abc"[i%3])},
			pair{name + "kernel", pick(c.dice, []string{"6.12.48", "6.12.48", "6.12.51"})},
		)
	}
	return pairs
}

// job is a task in the queue.
type job struct {
	Kind     string `json:"kind"`
	Shard    int    `json:"shard"`
	Attempts int    `json:"attempts"`
	Queued   string `json:"queued"`
	Worker   string `json:"worker,omitempty"`
	Took     string `json:"took,omitempty"`
	Result   string `json:"result,omitempty"`
}

const (
	jobsDone   = "jobs/done/"
	jobsQueued = "jobs/queue/"

	firstJob   = 4711
	doneMost   = 16
	queueStart = 9
)

func (c *Cluster) doneJobs() []pair {
	var pairs []pair
	for i := range doneMost {
		j := c.newJob(time.Duration(doneMost-i) * time.Minute)
		pairs = append(pairs, pair{jobKey(jobsDone, firstJob+i), asJSON(c.finished(j))})
	}
	return pairs
}

func (c *Cluster) queuedJobs() []pair {
	var pairs []pair
	for i := range queueStart {
		pairs = append(pairs, pair{jobKey(jobsQueued, firstJob+doneMost+i), asJSON(c.newJob(time.Duration(queueStart-i) * time.Second))})
	}
	return pairs
}

// newJob returns a job that was queued age ago.
func (c *Cluster) newJob(age time.Duration) job {
	kind := pick(c.dice, []string{"thumbnail", "invoice", "reindex", "export", "mail", "cleanup"})
	return job{Kind: kind, Shard: c.dice.n(8), Queued: c.stamp(age)}
}

// finished returns a job that a worker has done.
func (c *Cluster) finished(j job) job {
	j.Attempts++
	j.Worker = fmt.Sprintf("worker-%d", c.dice.between(1, 4))
	j.Took = (time.Duration(c.dice.between(40, 4000)) * time.Millisecond).String()
	j.Result = pick(c.dice, []string{"ok", "ok", "ok", "ok", "ok", "ok", "failed: timeout"})
	return j
}

func jobKey(dir string, number int) string { return fmt.Sprintf("%s%06d", dir, number) }

// stamp returns the time age ago, as text.
func (c *Cluster) stamp(age time.Duration) string {
	return c.now().Add(-age).UTC().Format(time.RFC3339)
}

// asJSON encodes a value of this package's types, which always have a JSON
// form.
func asJSON(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(text) + "\n"
}
