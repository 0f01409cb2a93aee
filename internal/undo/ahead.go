package undo

import (
	"context"
	"errors"
	"sync"

	"kvist/internal/journal"
	"kvist/kv"
)

// ahead carries out the writes of a plan, lot by lot. While one is sent, the next
// one is read and recorded: the program works on it while the server works on the
// other.
type ahead struct {
	undo *Undo
	plan *kv.Writes

	mu   sync.Mutex // of sum
	sum  *Summary
	sent chan error          // how the lot that is sent ends; nil if there is none
	keys map[string]struct{} // of that lot
}

// write records steps, and begins to carry them out once the lot before has ended.
func (a *ahead) write(ctx context.Context, steps []Step) error {
	err := a.undo.lose(ctx, steps)
	a.mu.Lock()
	writes, of := a.sum.toWrite(steps)
	a.mu.Unlock()
	if err != nil || len(writes) == 0 {
		return err
	}
	lot, err := a.plan.Record(writes)
	if err != nil {
		return err
	}
	if err := a.wait(); err != nil {
		return errors.Join(err, lot.Leave())
	}
	a.keys = make(map[string]struct{}, len(writes))
	for i := range writes {
		a.keys[writes[i].Key] = struct{}{}
	}
	sent := make(chan error, 1)
	a.sent = sent
	go func() {
		err := errors.New("a bug in the store ended it")
		defer func() { sent <- err }()
		err = lot.Send(ctx, func(i int, w kv.Written) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.sum.ended(of[i], w)
		})
	}()
	return nil
}

// wait waits for the lot that is sent.
func (a *ahead) wait() error {
	if a.sent == nil {
		return nil
	}
	err := <-a.sent
	a.sent, a.keys = nil, nil
	return err
}

// settle waits for the lot that is sent if it writes one of the records' keys.
func (a *ahead) settle(records []journal.Record) error {
	for i := range records {
		if _, writes := a.keys[records[i].Key]; writes {
			return a.wait()
		}
	}
	return nil
}
