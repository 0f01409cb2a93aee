package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"kvist/internal/screen"
)

// fullKeys is the number of keys that the targets are for.
const fullKeys = 1_000_000

// scale is how much is measured.
type scale struct {
	keys    int // in etcd
	beyond  int // more than may be held in memory; 0 measures none of that
	nodes   int // in Consul, in ZooKeeper, and in each delete plan
	few     int // in the small prefix that the work per change is compared with
	rounds  int // of what runs by turns
	presses int // of cursor keys
	changes int // changes whose way to the screen is timed
	words   int // words to look for, each one letter at a time
	busy    time.Duration
	idle    time.Duration
	watched time.Duration // how long a server's statistics are watched
	calm    time.Duration // pause before idleness is measured
	faded   time.Duration // how long a change may leave traces on the screen
}

// scaled returns everything in proportion to the number of keys.
func scaled(keys, rounds int) scale {
	s := scale{keys: keys, nodes: keys / 10, few: min(1_000, keys/2), rounds: max(1, rounds)}
	switch {
	case keys >= fullKeys:
		s.presses, s.changes, s.words = 300, 200, 6
		s.busy, s.idle, s.watched, s.calm, s.faded = 10*time.Second, 20*time.Second, 10*time.Second, 3*time.Second, 8*time.Second
	case keys >= fullKeys/100:
		s.presses, s.changes, s.words = 100, 60, 2
		s.busy, s.idle, s.watched, s.calm, s.faded = 3*time.Second, 5*time.Second, 3*time.Second, 2*time.Second, 8*time.Second
	default: // only to see that it works at all
		s.presses, s.changes, s.words = 6, 3, 1
		s.busy, s.idle, s.watched, s.calm, s.faded = time.Second/2, time.Second/2, time.Second/2, time.Second/5, time.Second/2
	}
	return s
}

// bench is one run.
type bench struct {
	scale
	ctx      context.Context
	dir      string // removed at the end
	kvist    string // the program, built as make build builds it
	progress io.Writer
	began    time.Time
	versions []string // of the servers and of the tools that are compared
}

// newBench builds the program.
func newBench(ctx context.Context, s scale, progress io.Writer) (*bench, error) {
	dir, err := os.MkdirTemp("", "kvist-bench")
	if err != nil {
		return nil, err
	}
	b := &bench{scale: s, ctx: ctx, dir: dir, kvist: filepath.Join(dir, "kvist"), progress: progress, began: time.Now()}
	b.say("building kvist")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.kvist, "kvist")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		b.close()
		return nil, fmt.Errorf("build kvist: %w: %s", err, text)
	}
	return b, nil
}

func (b *bench) close() { os.RemoveAll(b.dir) }

// say prints progress.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "%6.1fs  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, args...))
}

// facts are what the figures depend on, besides kvist.
func (b *bench) facts() func() string {
	return func() string {
		much := fmt.Sprintf("%s etcd keys of %d bytes", grouped(b.keys), keyLength)
		if b.keys != fullKeys {
			much += " (what is to reach is about " + grouped(fullKeys) + ")"
		}
		return fmt.Sprintf("%d cores, %s, %s/%s, %s; %s", runtime.NumCPU(), runtime.Version(),
			runtime.GOOS, runtime.GOARCH, much, strings.Join(b.versions, ", "))
	}
}

// met records a version for the facts.
func (b *bench) met(version string) {
	b.versions = append(b.versions, version)
	b.say("%s", version)
}

// stage is a server with its data, and what is measured on it.
type stage struct {
	name     string
	open     func() error
	close    func()
	sections []section
}

// section measures some rows of the table.
type section struct {
	rows    []string // the names of the rows, without the server's name
	measure func() ([]row, error)
}

// stages are all stages; each server has the machine to itself.
func stages(b *bench) []stage {
	all := []stage{newEtcd(b, "3.4").stage(), newEtcd(b, "3.7").stage(), newConsul(b).stage(), newZooKeeper(b).stage()}
	if b.beyond > 0 {
		all = append(all, newEtcd(b, "3.4").beyondStage(), newEtcd(b, "3.7").beyondStage())
	}
	return all
}

// matches reports whether a section has a wanted row.
func (s section) matches(stage string, wanted *regexp.Regexp) bool {
	for _, name := range s.rows {
		if wanted.MatchString(name + ", " + stage) {
			return true
		}
	}
	return false
}

// measure runs the wanted sections and fills the table. What could not be
// measured becomes an error after everything else was measured.
func (b *bench) measure(stages []stage, wanted *regexp.Regexp, t *table) error {
	var failed []error
	some := false
	for _, s := range stages {
		var sections []section
		for _, c := range s.sections {
			if c.matches(s.name, wanted) {
				sections = append(sections, c)
			}
		}
		if len(sections) == 0 {
			continue
		}
		some = true
		failed = append(failed, b.on(s, sections, t)...)
	}
	if !some {
		return fmt.Errorf("no row matches %s", wanted)
	}
	return errors.Join(failed...)
}

// on measures sections on one server.
func (b *bench) on(s stage, sections []section, t *table) (failed []error) {
	defer s.close()
	b.say("%s: starting and loading", s.name)
	openErr := s.open()
	for _, c := range sections {
		var rows []row
		err := openErr
		if err == nil {
			err = b.ctx.Err()
		}
		if err == nil {
			b.say("%s: %s", s.name, strings.Join(c.rows, "; "))
			rows, err = c.measure()
		}
		if err != nil {
			err = fmt.Errorf("%s: %s: %w", s.name, strings.Join(c.rows, "; "), err)
			b.say("FAILED: %v", err)
			if unseen := (*screen.UnseenError)(nil); errors.As(err, &unseen) {
				b.say("on the screen was\n%s", unseen.Screen)
			}
			failed = append(failed, err)
			for _, name := range c.rows {
				rows = append(rows, row{what: name, verdict: "not measured"})
			}
		}
		for i := range rows {
			rows[i].server = s.name
		}
		t.rows = append(t.rows, rows...)
	}
	return failed
}

// wall runs a command, discards its output, and returns how long it took.
func wall(cmd *exec.Cmd) (time.Duration, error) {
	var complaint strings.Builder
	cmd.Stdout, cmd.Stderr = nil, &complaint
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, complaint.String())
	}
	return time.Since(began), nil
}

// fetch reads an address over HTTP.
func (b *bench) fetch(url string) (string, error) {
	req, err := http.NewRequestWithContext(b.ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, answer.Status, body)
	}
	return string(body), err
}
