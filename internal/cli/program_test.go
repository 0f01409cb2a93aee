package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"kvist/internal/config"
	"kvist/internal/settings"
	"kvist/kv"
)

func TestExitCodes(t *testing.T) {
	failed := func(kind error) error { return fmt.Errorf("saving: %w", &kv.Error{Op: "get", Kind: kind}) }
	for _, c := range []struct {
		err  error
		want int
	}{
		{errors.New("disk full"), exitFailure},
		{failed(kv.ErrTooLarge), exitFailure},
		{failed(kv.ErrOutcomeUnknown), exitFailure},
		{failed(kv.ErrInvalidTTL), exitFailure},
		{&config.UsageError{Text: "no"}, exitUsage},
		{&settings.Error{File: "config.toml"}, exitUsage},
		{failed(kv.ErrKeyNotFound), exitNotFound},
		{failed(kv.ErrKeyModified), exitConflict},
		{failed(kv.ErrKeyExists), exitConflict},
		{failed(kv.ErrNotReachable), exitUnreachable},
		{failed(kv.ErrWrongServer), exitUnreachable},
		{failed(kv.ErrNoLeader), exitUnreachable},
		{failed(kv.ErrCertificate), exitUnreachable},
		{failed(kv.ErrBadAnswer), exitUnreachable},
		{failed(kv.ErrNoSpace), exitFailure},
		{context.DeadlineExceeded, exitUnreachable},
		{failed(kv.ErrDenied), exitDenied},
		{failed(kv.ErrReadOnly), exitDenied},
		{errNotConfirmed, exitDenied},
		{context.Canceled, exitInterrupted},
		{&reportedError{exitConflict}, exitConflict},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
		if !strings.Contains(exitHelp, fmt.Sprintf("\n  %d ", c.want)) {
			t.Errorf("the help does not tell exit code %d", c.want)
		}
	}
}

// A plan's summary names what there is, and nothing else.
func TestAPlanNamesNoMarksThatNobodyHas(t *testing.T) {
	plain := &kv.Plan{Keys: []kv.PlannedKey{{Key: "a", Size: 1}}}
	marked := &kv.Plan{Keys: []kv.PlannedKey{{Key: "a", Size: 1}, {Key: "b", Size: 2, Flags: kv.Leased | kv.Locked}}}
	for _, c := range []struct {
		plan *kv.Plan
		want string
	}{
		{plain, "Delete plan: 1 key, 1 byte\n  a\n"},
		{marked, "Delete plan: 2 keys, 3 bytes, 1 ephemeral or leased, 1 locked\n  ---- a\n  -tl- b\n"},
	} {
		var out bytes.Buffer
		w := &printer{Writer: bufio.NewWriter(&out)}
		if err := errors.Join(w.plan(c.plan), w.Flush()); err != nil {
			t.Fatal(err)
		}
		if got := planSummary(c.plan) + "\n" + out.String(); got != c.want {
			t.Errorf("it prints %q, not %q", got, c.want)
		}
	}
}

// The documents list the exit codes in the words of the help.
func TestReadmeNamesTheExitCodes(t *testing.T) {
	readme, err := os.ReadFile("../../docs/scripts.md")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`(?m)^ {2}(\d+) +(.*)$`).FindAllStringSubmatch(exitHelp, -1)
	if len(codes) != 8 {
		t.Errorf("%d exit codes in the help", len(codes))
	}
	for _, c := range codes {
		if row := fmt.Sprintf("| %s | %s |\n", c[1], c[2]); !strings.Contains(string(readme), row) {
			t.Errorf("the page has no row %q", row)
		}
	}
}

// A plan that was carried out in part has its own outcome.
func TestOutcome(t *testing.T) {
	kept := func(err error) kv.Report { return kv.Report{Kept: []kv.Outcome{{Key: "k", Err: err}}} }
	for name, c := range map[string]struct {
		report kv.Report
		err    error
		want   int
	}{
		"modified":     {kept(kv.ErrKeyModified), nil, exitConflict},
		"denied":       {kept(kv.ErrDenied), nil, exitDenied},
		"appeared":     {kv.Report{Appeared: []string{"k"}}, nil, exitConflict},
		"cancelled":    {kv.Report{Cancelled: true, Left: 1}, nil, exitInterrupted},
		"lost contact": {kv.Report{Left: 1}, kv.ErrNotReachable, exitUnreachable},
	} {
		if got := exitCode(outcome(&kv.Plan{}, c.report, c.err)); got != c.want {
			t.Errorf("%s: exit code %d, want %d", name, got, c.want)
		}
	}
	if err := outcome(&kv.Plan{}, kept(kv.ErrKeyNotFound), nil); err != nil {
		t.Errorf("a key that was gone already: %v", err)
	}
	if got := exitCode(outcome(&kv.Plan{Unseen: kv.ErrDenied}, kv.Report{}, nil)); got != exitDenied {
		t.Errorf("a plan that did not see all: exit code %d", got)
	}
}

// A broken pipe to the reader of the output ends the program quietly; one to a
// server is a failure.
func TestABrokenPipeToAServerIsAFailure(t *testing.T) {
	broken := &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}
	if outputClosed(&kv.Error{Op: "put", Key: "a", Kind: kv.ErrTooLarge, Err: broken}) {
		t.Error("a write that failed is told as done")
	}
	if !outputClosed(&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}) {
		t.Error("the end of the output is told as a failure")
	}
}
