package consulhttp

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

// What waits for an agent that stops answering, or loses its leader, ends with the reason.
func TestPulseEndsWhatWaitsInVain(t *testing.T) {
	for name, test := range map[string]struct {
		answer  func(http.ResponseWriter, *http.Request) bool
		timeout time.Duration
		want    error
	}{
		"silent": {
			func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }, 200 * time.Millisecond, ErrStalled,
		},
		"no leader": {answers("/v1/status/leader", `""`), 10 * time.Second, ErrNoLeader},
	} {
		a := startAgent(t, test.answer)
		c, _ := newClient(t, Config{Endpoints: []string{a.addr}, Timeout: test.timeout})
		c.pulse.every = 50 * time.Millisecond
		ctx, stop := c.Watch(t.Context())
		<-ctx.Done()
		if err := context.Cause(ctx); !errors.Is(err, test.want) || HostOf(err) != a.addr {
			t.Errorf("%s: %v at %q", name, err, HostOf(err))
		}
		if err := Cause(ctx, context.Canceled); !errors.Is(err, test.want) {
			t.Errorf("%s: the cause is %v", name, err)
		}
		stop()
	}
}

// The agent is asked only while something waits and nothing else comes.
func TestPulseAsksOnlyInSilence(t *testing.T) {
	t.Parallel()
	a := startAgent(t, nil)
	c, _ := newClient(t, Config{Endpoints: []string{a.addr}, Timeout: 10 * time.Second})
	c.pulse.every = time.Second
	questions := func() int { return a.count("/v1/status/leader") }
	ctx, stop := c.Watch(t.Context())
	for range 75 {
		c.pulse.hear()
		time.Sleep(20 * time.Millisecond)
	}
	if n := questions(); n != 0 {
		t.Errorf("%d questions although answers come", n)
	}
	for questions() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if ctx.Err() != nil {
		t.Errorf("it ended although the agent is there: %v", context.Cause(ctx))
	}
	stop()
	for running := true; running; time.Sleep(10 * time.Millisecond) {
		c.pulse.mu.Lock()
		running = c.pulse.running
		c.pulse.mu.Unlock()
	}
	before := questions()
	time.Sleep(1200 * time.Millisecond)
	if n := questions(); n != before {
		t.Errorf("%d questions although nothing waits", n-before)
	}
}

// Requests under way to an endpoint end when another one has answered in its place.
func TestPulseEndsRequestsToAnEndpointLeft(t *testing.T) {
	asked := make(chan struct{})
	silent := startAgent(t, func(_ http.ResponseWriter, r *http.Request) bool {
		close(asked)
		<-r.Context().Done()
		return true
	})
	c, _ := newClient(t, Config{Endpoints: []string{silent.addr, startAgent(t, nil).addr}})
	failed := make(chan error, 1)
	go func() {
		_, err := c.List(t.Context(), List{Index: 7})
		failed <- err
	}()
	<-asked
	c.transport.leave(0)
	if _, err := c.Leader(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.pulse.sweep(1)
	if err := <-failed; !errors.Is(err, ErrStalled) {
		t.Errorf("got %v", err)
	}
}
