package zkwire

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/panics"
	"kvist/kv/internal/wait"
)

// Pipe is a session with many requests under way at a time. The server answers the requests of
// one session in their order, and sends the event of a watch before any answer that shows the
// change. So what is read here after an event is never older than the event.
//
// Requests that wait go out together, and answers are read from one buffer. One node costs one
// request of some fifty bytes and an answer of about a hundred.
type Pipe struct {
	dialer *Dialer
	wire   *Wire
	event  func(Event)
	// patience is how long nothing may come while requests are under way. 0 stands for the
	// session timeout.
	patience time.Duration

	mu      sync.Mutex
	out     []byte        // requests that are not sent yet
	sending chan struct{} // holds an element while there are some
	asked   []request     // requests without an answer, in their order
	xid     int32
	err     error // why nothing can be asked any more

	done    chan struct{} // closed when nothing is read any more
	running sync.WaitGroup
}

// request is a request under way.
type request struct {
	xid      int32
	answered func(answer) // called by the reading goroutine; it must not wait
}

// answer is what the server answered. Its body is valid until answered returns.
type answer struct {
	body reader
	err  error
}

// NewPipe takes over a connection on which nothing is under way. It calls event, unless that is
// nil, for each event of a watch; event must not wait.
func (d *Dialer) NewPipe(w *Wire, event func(Event)) *Pipe { return d.newPipe(w, event, 0) }

func (d *Dialer) newPipe(w *Wire, event func(Event), patience time.Duration) *Pipe {
	if event == nil {
		event = func(Event) {}
	}
	p := &Pipe{
		dialer: d, wire: w, event: event, patience: patience,
		sending: make(chan struct{}, 1), xid: xidFirst, done: make(chan struct{}),
	}
	w.before = p.extend
	p.running.Go(func() {
		defer close(p.done)
		p.fail(panics.Recovered(p.receive))
	})
	p.running.Go(func() {
		if panics.Contained(p.send) != nil {
			p.wire.conn.Close() // the reading goroutine notices
		}
	})
	return p
}

// Address returns the address of the server.
func (p *Pipe) Address() string { return p.wire.Address }

// Close ends the session. Requests under way are answered with an error.
func (p *Pipe) Close() {
	select {
	case <-p.done:
		p.wire.conn.Close()
	default:
		p.wire.Close()
	}
	p.running.Wait()
}

// Done returns a channel that is closed once the connection is broken or closed.
func (p *Pipe) Done() <-chan struct{} { return p.done }

// AfterDone calls do once the connection is broken or closed. Close waits until it returns.
func (p *Pipe) AfterDone(do func()) {
	p.running.Go(func() {
		<-p.done
		_ = panics.Contained(do)
	})
}

// Err returns why the connection broke, or nil while it works.
func (p *Pipe) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// ask sends a request; fields follow its head. It calls answered once. The answers come in the
// order of the requests, from one goroutine at a time.
func (p *Pipe) ask(op int32, fields writer, answered func(answer)) {
	p.mu.Lock()
	if err := p.err; err != nil {
		p.mu.Unlock()
		answered(answer{err: err})
		return
	}
	p.xid = max(p.xid+1, xidFirst+1) // it stays positive when it overflows
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(8+len(fields)))
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(p.xid))
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(op))
	p.out = append(p.out, fields...)
	p.asked = append(p.asked, request{p.xid, answered})
	if len(p.asked) == 1 {
		p.extendFrom(time.Now())
	}
	p.mu.Unlock()
	wait.Signal(p.sending)
}

// send writes requests as they come, all that wait at once, and pings.
func (p *Pipe) send() {
	ticker := time.NewTicker(max(p.wire.Granted/3, time.Millisecond))
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
			p.wire.conn.Close() // the reading goroutine notices
			<-p.done
			return
		}
	}
}

// receive reads answers and events until the connection breaks.
func (p *Pipe) receive() error {
	var frame []byte
	for {
		var err error
		if frame, err = p.wire.frame(frame, AnswerMax); err != nil {
			return err
		}
		body := reader{rest: frame}
		xid, _, code := body.int(), body.long(), body.int()
		switch {
		case body.short:
			return ErrBadAnswer
		case xid == xidPing:
		case xid == xidEvent:
			e := Event{Kind: body.int()}
			_, e.Path = body.int(), body.string()
			if body.short {
				return ErrBadAnswer
			}
			if e.Kind > 0 { // else it is about the session
				p.event(e)
			}
		default:
			if err := p.answer(xid, code, body); err != nil {
				return err
			}
		}
		if cap(frame) > readBuffer {
			frame = nil // one large answer is no reason to keep that much memory
		}
	}
}

// extend is called before each read from the connection.
func (p *Pipe) extend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.extendFrom(time.Now())
}

// extendFrom sets the time by which something must come. The server answers a ping every third
// of the session timeout.
func (p *Pipe) extendFrom(now time.Time) {
	most := p.wire.Granted
	if len(p.asked) > 0 && p.patience > 0 {
		most = min(most, p.patience)
	}
	p.wire.conn.SetReadDeadline(now.Add(most))
}

// answer hands an answer to the oldest request, which must be its own.
func (p *Pipe) answer(xid, code int32, body reader) error {
	p.mu.Lock()
	if len(p.asked) == 0 || p.asked[0].xid != xid {
		p.mu.Unlock()
		return ErrBadAnswer
	}
	answered := p.asked[0].answered
	p.asked[0] = request{}
	if p.asked = p.asked[1:]; len(p.asked) == 0 {
		p.asked = nil
	}
	p.mu.Unlock()
	answered(answer{body, failure(code)})
	return nil
}

// fail answers the requests under way, and all later ones, with an error.
func (p *Pipe) fail(err error) {
	p.mu.Lock()
	p.err = fmt.Errorf("%w: %w", zk.ErrConnectionClosed, err)
	asked := p.asked
	p.asked, p.out = nil, nil
	p.mu.Unlock()
	p.wire.conn.Close()
	for _, a := range asked {
		_ = panics.Contained(func() { a.answered(answer{err: p.err}) })
	}
}

// call sends a request without an answer of interest, and waits for it.
func (p *Pipe) call(ctx context.Context, op int32, fields writer) error {
	answered := make(chan error, 1)
	p.ask(op, fields, func(a answer) { answered <- a.err })
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnanswered, context.Cause(ctx))
	}
}

// Sync makes what is read later on this connection show all that was written before, by anyone.
func (p *Pipe) Sync(ctx context.Context) error {
	var fields writer
	fields.string("/")
	return p.call(ctx, opSync, fields)
}

// CheckReadable returns the error of reading a node's data, such as zk.ErrNoAuth.
func (p *Pipe) CheckReadable(ctx context.Context, node string) error {
	return p.call(ctx, opGetData, watchable(node, false))
}
