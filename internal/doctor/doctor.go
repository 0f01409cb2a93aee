package doctor

import (
	"context"
	"time"

	"kvist/internal/config"
	"kvist/internal/explain"
	"kvist/kv"
)

// Result is how a check ended.
type Result string

// How a check can end.
const (
	Passed  Result = "ok"
	Failed  Result = "failed"
	Unknown Result = "unknown" // it could not be found out, which is no fault
)

// Check is one step of an examination.
type Check struct {
	Name   string `json:"check"`            // such as "TLS"
	Server string `json:"server,omitempty"` // "" for the store as a whole
	Result Result `json:"result"`
	Found  string `json:"found"`            // in words
	Advice string `json:"advice,omitempty"` // what to do about it
}

// Names of the checks.
const (
	CheckName   = "name"
	CheckTCP    = "TCP"
	CheckTLS    = "TLS"
	CheckOpen   = "login"
	CheckHealth = "health"
	CheckTrip   = "round trip"
	CheckClock  = "clock"
	CheckRead   = "read"
	CheckWrite  = "write"
	CheckWatch  = "watch"
	CheckLocks  = "locks"
)

// Patient is what is examined.
type Patient struct {
	Target config.Target
	// Key returns the key or prefix that is meant, in the words of the open
	// store.
	Key func(kv.Store) string
	// Now is the clock of the system, unless a test has another.
	Now func() time.Time
}

// examination is one run.
type examination struct {
	Patient
	tell  func(Check)
	well  bool
	first string // a key below the prefix, or a folder
}

// Examine carries out the checks in their order, tells each as soon as it is
// known, and reports whether none failed. A check that needs another one that
// failed is left out.
func Examine(ctx context.Context, p Patient, tell func(Check)) bool {
	if p.Now == nil {
		p.Now = time.Now
	}
	e := &examination{Patient: p, tell: tell, well: true}
	reached := 0
	for _, endpoint := range p.Target.Address.Endpoints {
		if e.reach(ctx, endpoint) {
			reached++
		}
	}
	if reached == 0 {
		return false
	}
	s, ok := e.open(ctx)
	if !ok {
		return false
	}
	defer s.Close()
	e.examineStore(ctx, s)
	return e.well
}

// timeout is that of each step.
func (p Patient) timeout() time.Duration {
	if t := p.Target.Config.ConnectionTimeout; t > 0 {
		return t
	}
	return kv.DefaultConnectionTimeout
}

func (e *examination) passed(name, server, found string) {
	e.tell(Check{Name: name, Server: server, Result: Passed, Found: found})
}

func (e *examination) unknown(name, server, found string) {
	e.tell(Check{Name: name, Server: server, Result: Unknown, Found: found})
}

func (e *examination) failed(name, server, found, advice string) {
	e.well = false
	e.tell(Check{Name: name, Server: server, Result: Failed, Found: found, Advice: advice})
}

// failedBy tells the error of the store in the words of every other message.
func (e *examination) failedBy(name string, err error) {
	e.failed(name, "", explain.What(err), explain.Advice(err))
}
