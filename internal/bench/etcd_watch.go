package main

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"syscall"
	"time"
)

// watch is etcdctl watch, whose output is read as it comes.
type watch struct {
	end    func()
	expect func(value string) <-chan time.Time
}

// watch starts etcdctl watch and waits until it reports changes.
func (e *etcd) watch(prefix string) (*watch, error) {
	cmd := e.server.Command("watch", "--prefix", prefix)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	expected := make(chan expectation, 1)
	go passLines(out, expected)
	w := &watch{
		end: func() {
			_ = cmd.Process.Signal(syscall.SIGKILL) // it may have ended
			_ = cmd.Wait()
		},
		expect: func(value string) <-chan time.Time {
			seen := make(chan time.Time, 1)
			expected <- expectation{value, seen}
			return seen
		},
	}
	// It prints nothing when it is ready: a key beside the data is written
	// until a change is reported.
	told := w.expect("ready")
	for range int(patience / (50 * time.Millisecond)) {
		if err := e.put(prefix+"!ready", "ready"); err != nil {
			w.end()
			return nil, err
		}
		select {
		case <-told:
			return w, nil
		case <-time.After(50 * time.Millisecond):
		}
	}
	w.end()
	return nil, errors.New("etcdctl watch tells nothing")
}

// expectation is a line that somebody waits for.
type expectation struct {
	value string
	seen  chan time.Time
}

// passLines reads lines and passes the expected ones on when they come.
func passLines(in io.Reader, expected <-chan expectation) {
	var wait expectation
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		at := time.Now()
		if text := strings.TrimSpace(lines.Text()); text != "" {
			select {
			case wait = <-expected:
			default:
			}
			if wait.seen != nil && text == wait.value {
				wait.seen <- at
				wait.seen = nil
			}
		}
	}
}
