package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A step happens about every 0.7 s, and mostly changes one key.
const (
	stepLeast = 500 * time.Millisecond
	stepMost  = 900 * time.Millisecond
)

// event recurs at the steps whose number leaves rest when divided by every.
type event struct {
	every, rest int
	happen      func(context.Context) error
}

// stream makes changes until ctx ends. It ignores failures: somebody else was
// faster, or the server is going down.
func (c *Cluster) stream(ctx context.Context) {
	events := c.events()
	for step := 0; ; step++ {
		pause(ctx, time.Duration(c.dice.between(int(stepLeast), int(stepMost))))
		if ctx.Err() != nil {
			return
		}
		_ = c.happening(events, step)(ctx)
	}
}

// events are the recurring events, the rare ones first.
func (c *Cluster) events() []event {
	return []event{
		{58, 20, c.editLimits}, // every 40 s
		{50, 30, c.newLeader},
		{70, 45, c.handOver},
		{38, 11, c.depart},
		{38, 19, c.arrive},
		{22, 7, c.rollOut},
		{6, 1, c.finishJob},
		{6, 4, c.queueJob},
	}
}

// happening returns what happens at a step: mostly, an instance publishes its
// state.
func (c *Cluster) happening(events []event, step int) func(context.Context) error {
	for _, e := range events {
		if step%e.every == e.rest {
			return e.happen
		}
	}
	return c.beat
}

// newLeader makes the leader step down.
func (c *Cluster) newLeader(context.Context) error { return poke(c.leaderTurn) }

// handOver makes the lock's holder pass the lock on.
func (c *Cluster) handOver(context.Context) error { return poke(c.lockTurn) }

// poke puts an element into a channel of one place, if it is empty.
func poke(c chan<- struct{}) error {
	select {
	case c <- struct{}{}:
	default:
	}
	return nil
}

// limitsKey is a key that two people like to edit at the same time.
const limitsKey = "config/web/limits.json"

var (
	limitOf  = regexp.MustCompile(`"requestsPerSecond": \d+`)
	editorOf = regexp.MustCompile(`"editedBy": "\w+"`)
)

// editLimits edits the limits as another person would. Only two values change,
// whatever else the text has become.
func (c *Cluster) editLimits(ctx context.Context) error {
	return c.edit(ctx, limitsKey, func(text string) string {
		text = limitOf.ReplaceAllString(text, `"requestsPerSecond": `+strconv.Itoa(100*c.dice.between(8, 16)))
		return editorOf.ReplaceAllString(text, fmt.Sprintf(`"editedBy": %q`, pick(c.dice, []string{"ingrid", "tove", "bengt", "olle"})))
	})
}

// edit changes a value by compare-and-swap.
func (c *Cluster) edit(ctx context.Context, key string, change func(string) string) error {
	resp, err := c.client.Get(ctx, key)
	if err != nil || len(resp.Kvs) == 0 {
		return err
	}
	kv := resp.Kvs[0]
	value := change(string(kv.Value))
	if value == string(kv.Value) {
		return nil
	}
	_, err = c.client.Txn(ctx).
		If(clientv3.Compare(clientv3.ModRevision(key), "=", kv.ModRevision)).
		Then(clientv3.OpPut(key, value, clientv3.WithIgnoreLease())).
		Commit()
	return err
}

// rollOut switches a feature on for more users, or off.
func (c *Cluster) rollOut(ctx context.Context) error {
	name := pick(c.dice, []string{"checkout/one-click", "search/semantic", "ui/new-header", "ui/survey"})
	return c.edit(ctx, "flags/"+name, func(string) string { return flagValue(pick(c.dice, []int{0, 5, 25, 50, 100})) })
}

// findNextJob finds the number of the next job.
func (c *Cluster) findNextJob(ctx context.Context) error {
	resp, err := c.client.Get(ctx, "jobs/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return err
	}
	c.nextJob = firstJob
	for _, kv := range resp.Kvs {
		key := string(kv.Key)
		if n, err := strconv.Atoi(key[strings.LastIndexByte(key, '/')+1:]); err == nil {
			c.nextJob = max(c.nextJob, n+1)
		}
	}
	return nil
}

// queueJob adds a job.
func (c *Cluster) queueJob(ctx context.Context) error {
	key := jobKey(jobsQueued, c.nextJob)
	c.nextJob++
	_, err := c.client.Put(ctx, key, asJSON(c.newJob(0)))
	return err
}

// finishJob moves the oldest job from the queue to the finished ones, and
// removes the oldest of these.
func (c *Cluster) finishJob(ctx context.Context) error {
	resp, err := c.client.Get(ctx, jobsQueued, append(clientv3.WithFirstKey(), clientv3.WithPrefix())...)
	if err != nil || len(resp.Kvs) == 0 {
		return err
	}
	kv := resp.Kvs[0]
	var j job
	if json.Unmarshal(kv.Value, &j) != nil {
		j.Kind = "unknown" // somebody edited it; workers take what they find
	}
	from := string(kv.Key)
	ops := []clientv3.Op{
		clientv3.OpDelete(from),
		clientv3.OpPut(jobsDone+strings.TrimPrefix(from, jobsQueued), asJSON(c.finished(j))),
	}
	done, err := c.client.Get(ctx, jobsDone, clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return err
	}
	if len(done.Kvs) >= doneMost {
		ops = append(ops, clientv3.OpDelete(string(done.Kvs[0].Key)))
	}
	_, err = c.client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(from), "=", kv.ModRevision)).Then(ops...).Commit()
	return err
}
