package kv

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

// zkPipe is a session with many requests under way at a time. The server
// answers the requests of one session in their order, and an event of a watch
// comes before any answer that shows the change: so what is read here after
// an event is never older than it.
//
// The client library takes a system call and a round of reflection for each
// request and each answer, and three goroutines' turns; here requests that
// wait go out together, and answers are read from one buffer. One node costs
// one request of some fifty bytes and an answer of about a hundred.
type zkPipe struct {
	store *Zookeeper
	wire  *zkWire
	event func(zkEvent) // what is done with an event; it must not wait
	// patience is how long nothing may come while there are requests without
	// an answer; 0 leaves it at what a session can be silent.
	patience time.Duration

	mu      sync.Mutex
	out     []byte        // requests that are not sent yet
	sending chan struct{} // has an element when there are
	asked   []zkAsked     // requests without an answer, in their order
	xid     int32
	err     error // why nothing can be asked any more

	done    chan struct{} // closed when nothing is read any more
	running sync.WaitGroup
}

// zkAsked is a request under way.
type zkAsked struct {
	xid      int32
	answered func(zkAnswer) // called by the reader; it must not wait
}

// zkAnswer is what the server said; body is good until answered returns.
type zkAnswer struct {
	body juteReader
	err  error
}

// zkAnswerMax bounds an answer: the names below one node come in one, and no
// limit of the server's is on them.
const zkAnswerMax = 256 << 20

// newZkPipe takes over a connection on which nothing is under way.
func (s *Zookeeper) newPipe(w *zkWire, event func(zkEvent)) *zkPipe {
	return s.newPatientPipe(w, event, 0)
}

func (s *Zookeeper) newPatientPipe(w *zkWire, event func(zkEvent), patience time.Duration) *zkPipe {
	p := &zkPipe{
		store: s, wire: w, event: event, patience: patience,
		sending: make(chan struct{}, 1), xid: zkXidFirst, done: make(chan struct{}),
	}
	w.heard = p.await
	p.running.Go(func() {
		defer close(p.done)
		p.fail(recovered(p.receive))
	})
	p.running.Go(func() {
		if contained(p.send) != nil {
			p.wire.conn.Close() // the reader notices
		}
	})
	return p
}

// close ends the session. What is under way is answered with an error.
func (p *zkPipe) close() {
	select {
	case <-p.done:
		p.wire.conn.Close()
	default:
		p.wire.close()
	}
	p.running.Wait()
}

// broken is why the pipe broke; nil while it works.
func (p *zkPipe) broken() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// ask sends a request; fields are what follows its head. answered is called
// once, in the order of the requests, from one goroutine at a time.
func (p *zkPipe) ask(op int32, fields juteWriter, answered func(zkAnswer)) {
	p.mu.Lock()
	if err := p.err; err != nil {
		p.mu.Unlock()
		answered(zkAnswer{err: err})
		return
	}
	p.xid = max(p.xid+1, zkXidFirst+1) // it stays positive when it has gone round
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(8+len(fields)))
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(p.xid))
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(op))
	p.out = append(p.out, fields...)
	p.asked = append(p.asked, zkAsked{p.xid, answered})
	if len(p.asked) == 1 {
		p.expectBy(time.Now())
	}
	p.mu.Unlock()
	signal(p.sending)
}

// send writes requests as they come, all that wait at once, and pings.
func (p *zkPipe) send() {
	ticker := time.NewTicker(max(p.wire.granted/3, time.Millisecond))
	defer ticker.Stop()
	var spare []byte
	for {
		var err error
		select {
		case <-p.sending:
			p.mu.Lock()
			ready := p.out
			p.out = spare[:0]
			p.mu.Unlock()
			err = p.wire.write(ready)
			spare = ready
		case <-ticker.C:
			err = p.wire.ping()
		case <-p.done:
			return
		}
		if err != nil {
			p.wire.conn.Close() // the reader notices
			<-p.done
			return
		}
	}
}

// receive reads answers and events until the connection breaks.
func (p *zkPipe) receive() error {
	var frame []byte
	for {
		var err error
		if frame, err = p.wire.frame(frame, zkAnswerMax); err != nil {
			return err
		}
		body := juteReader{rest: frame}
		xid, _, code := body.int(), body.long(), body.int()
		switch {
		case body.short:
			return errZkBadAnswer
		case xid == zkXidPing:
		case xid == zkXidEvent:
			e := zkEvent{kind: body.int()}
			_, e.path = body.int(), body.string()
			if body.short {
				return errZkBadAnswer
			}
			if e.kind > 0 { // else it is about the session
				p.event(e)
			}
		default:
			if err := p.answer(xid, code, body); err != nil {
				return err
			}
		}
		if cap(frame) > zkReadBuffer {
			frame = nil // one large answer is no reason to keep as much
		}
	}
}

// await is called before each read from the connection.
func (p *zkPipe) await() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expectBy(time.Now())
}

// expectBy sets until when something must come, from now on: the server
// answers a ping every third of the time that the session can be silent.
func (p *zkPipe) expectBy(now time.Time) {
	most := p.wire.granted
	if len(p.asked) > 0 && p.patience > 0 {
		most = min(most, p.patience)
	}
	p.wire.conn.SetReadDeadline(now.Add(most))
}

// answer gives an answer to who asked.
func (p *zkPipe) answer(xid, code int32, body juteReader) error {
	p.mu.Lock()
	if len(p.asked) == 0 || p.asked[0].xid != xid {
		p.mu.Unlock()
		return errZkBadAnswer
	}
	answered := p.asked[0].answered
	p.asked[0] = zkAsked{}
	if p.asked = p.asked[1:]; len(p.asked) == 0 {
		p.asked = nil
	}
	p.mu.Unlock()
	answered(zkAnswer{body, zkFailure(code)})
	return nil
}

// fail answers all that is under way with an error, and all that will be asked.
func (p *zkPipe) fail(err error) {
	p.mu.Lock()
	p.err = fmt.Errorf("%w: %w", zk.ErrConnectionClosed, err)
	asked := p.asked
	p.asked, p.out = nil, nil
	p.mu.Unlock()
	p.wire.conn.Close()
	for _, a := range asked {
		_ = contained(func() { a.answered(zkAnswer{err: p.err}) })
	}
}

// zkFailure is an error number of the server, as the client tells it where
// this package acts on it.
func zkFailure(code int32) error {
	switch zkCode(code) {
	case 0:
		return nil
	case zkNoNode:
		return zk.ErrNoNode
	case zkNoAuth:
		return zk.ErrNoAuth
	case zkSessionExpired:
		return zk.ErrSessionExpired
	}
	return zkCode(code)
}

// call is ask for who wants to wait for the answer. read, which may be nil,
// takes what it needs of it.
func (p *zkPipe) call(ctx context.Context, op int32, fields juteWriter, read func(*juteReader)) error {
	answered := make(chan error, 1)
	p.ask(op, fields, func(a zkAnswer) {
		if a.err == nil && read != nil {
			read(&a.body)
			if a.body.short {
				a.err = errZkBadAnswer
			}
		}
		answered <- a.err
	})
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errZkUnanswered, context.Cause(ctx))
	}
}

// sync lets what is read later on this connection see all that was written
// before, by anyone.
func (p *zkPipe) sync(ctx context.Context) error {
	var fields juteWriter
	fields.string("/")
	return p.call(ctx, zkOpSync, fields, nil)
}

// openPipe connects for reading much, to the first server that lets us in.
// What is read sees all that was written before. It breaks when nothing comes
// for patience while there is something to come.
func (s *Zookeeper) openPipe(ctx context.Context, event func(zkEvent), patience time.Duration) (*zkPipe, error) {
	failures := zkFailures{errZkNotConnected}
	for _, address := range s.endpoints {
		p, err := s.openPipeTo(ctx, address, event, patience)
		if err == nil {
			return p, nil
		}
		failures = failures.with(err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failures
}

func (s *Zookeeper) openPipeTo(ctx context.Context, address string, event func(zkEvent), patience time.Duration) (*zkPipe, error) {
	ctx, cancel := context.WithTimeout(ctx, s.share())
	defer cancel()
	w, err := s.openWire(ctx, address, zkSessionTimeout)
	if err != nil {
		return nil, err
	}
	p := s.newPatientPipe(w, event, patience)
	if err := p.sync(ctx); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// withPipe reads much over a connection made for it. When that breaks, read
// begins anew on another, within the timeout of a small request. All of it
// takes as long as it must, but no more than a quarter over that timeout in
// which nothing comes.
func (s *Zookeeper) withPipe(ctx context.Context, read func(*zkPipe) error) error {
	var b backoff
	end := time.Now().Add(s.timeout)
	again, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for {
		err := s.tryPipe(ctx, end, read)
		if !errors.Is(err, zk.ErrConnectionClosed) && !errors.Is(err, errZkNotConnected) || errors.Is(err, errZkBadAnswer) {
			return err
		}
		if b.wait(again) != nil {
			return err
		}
	}
}

// tryPipe reads over one connection, which is opened before end.
func (s *Zookeeper) tryPipe(ctx context.Context, end time.Time, read func(*zkPipe) error) error {
	opening, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	patience := max(time.Until(end), 0) + s.timeout/4
	p, err := s.openPipe(opening, func(zkEvent) {}, min(patience, s.timeout))
	if err != nil {
		return err
	}
	defer p.close()
	return read(p)
}
