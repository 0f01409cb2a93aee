package kv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// The "four letter words" of the Administrator's Guide: text commands on the
// client port. Only srvr is answered unless the server's
// 4lw.commands.whitelist says more, and a reply may be cut off when TLS
// ends; so what they tell is always an extra.

// errZkNotListed says that a server does not answer a four letter word.
var errZkNotListed = errors.New("the word is not in the server's 4lw.commands.whitelist")

// fourLetters sends a word to one server and reads all it says.
func (s *Zookeeper) fourLetters(ctx context.Context, address, word string) (string, error) {
	conn, err := s.dial(ctx, address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(conn, zkFrameMax))
	if len(text) > 0 {
		err = nil
	}
	if err == nil && strings.Contains(string(text), "is not executed because it is not in the whitelist") {
		err = errZkNotListed
	}
	return string(text), err
}

// diagnose finds out what stands behind an address at which a session could
// not be had. A ZooKeeper without a quorum just drops the connection, but
// says so when it is asked by srvr. The servers of another kind that are
// likely here speak HTTP, and wait for the rest of what they take for a
// request: so srvr comes as the method of one, of which ZooKeeper reads the
// first four letters only. One that says nothing at all may be anything.
func (s *Zookeeper) diagnose(ctx context.Context, address string, cause error) error {
	text, err := s.fourLetters(ctx, address, "srvr / HTTP/1.1\r\nHost: "+address+"\r\nConnection: close\r\n\r\n")
	switch {
	case errors.Is(err, errZkNotListed):
		return cause
	case strings.Contains(text, zkNotServing):
		return fmt.Errorf("%w: %s: %s", errZkNoLeader, address, zkFirstLine(text))
	case strings.Contains(text, "ookeeper version"):
		return fmt.Errorf("%w: %s", errZkNotConnected, zkFirstLine(text))
	case text != "":
		return fmt.Errorf("%w: %w", errNotZookeeper, cause)
	case s.tls == nil && speaksTLS(ctx, address):
		return fmt.Errorf("%w: %w", errWantsTLS, cause)
	}
	return cause
}

// zkNotServing is what a server answers to four letters that is part of an
// ensemble without a leader, or starts.
const zkNotServing = "not currently serving requests"

// errZkNoLeader says that the servers are there and do not serve.
var errZkNoLeader = errors.New("no server serves")

// zkFirstLine is the first line of what a server said, as much as can be shown.
func zkFirstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line[:min(len(line), 200)]
}

// leaderless finds out whether no server could be had for want of a leader,
// and adds that to why. A server without one drops the connections of its
// clients, and says so only when it is asked by four letters: once in a second,
// however many requests fail for it.
func (s *Zookeeper) leaderless(why error) error {
	s.idle.Lock()
	defer s.idle.Unlock()
	if time.Since(s.idleAt) > time.Second {
		s.idleSaid = s.askLeaderless()
		s.idleAt = time.Now()
	}
	if s.idleSaid != nil {
		return zkFailures{s.idleSaid, why}
	}
	return why
}

func (s *Zookeeper) askLeaderless() error {
	ctx, cancel := context.WithTimeout(s.ctx, s.timeout/8)
	defer cancel()
	for _, address := range s.endpoints {
		if text, err := s.fourLetters(ctx, address, "srvr"); err == nil && strings.Contains(text, zkNotServing) {
			return fmt.Errorf("%w: %s: %s", errZkNoLeader, address, zkFirstLine(text))
		}
	}
	return nil
}

// zkServerInfo is what srvr tells.
type zkServerInfo struct {
	version string
	mode    string // leader, follower, observer, standalone
}

// serverInfo asks one server about itself.
func (s *Zookeeper) serverInfo(ctx context.Context, address string) (zkServerInfo, error) {
	text, err := s.fourLetters(ctx, address, "srvr")
	if err != nil {
		return zkServerInfo{}, err
	}
	var info zkServerInfo
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "Zookeeper version":
			info.version = value[:len(value)-len(strings.TrimLeft(value, "0123456789."))]
		case "Mode":
			info.mode = value
		}
	}
	if info.version == "" {
		return info, errors.New(zkFirstLine(text))
	}
	return info, nil
}

// zkClient is one line of cons: a connection to the server. When it was last
// heard of is told on the server's own clock, so what is left of its session
// cannot be known.
type zkClient struct {
	address string
	timeout time.Duration // of its session
}

// clients asks all servers who is connected, by session. Servers that do not
// tell are left out.
func (s *Zookeeper) clients(ctx context.Context) map[int64]zkClient {
	all := map[int64]zkClient{}
	for _, address := range s.endpoints {
		text, err := s.fourLetters(ctx, address, "cons")
		if err != nil {
			continue
		}
		for line := range strings.Lines(text) {
			if id, c, ok := parseZkClient(line); ok {
				all[id] = c
			}
		}
	}
	return all
}

// parseZkClient reads a line such as
// " /127.0.0.1:5000[1](queued=0,…,sid=0x10,…,to=10000,…,lresp=1700000000000,…)".
func parseZkClient(line string) (session int64, c zkClient, ok bool) {
	address, rest, found := strings.Cut(strings.TrimSpace(line), "(")
	if !found {
		return 0, c, false
	}
	address, _, _ = strings.Cut(strings.TrimPrefix(address, "/"), "[")
	c.address = address
	for pair := range strings.SplitSeq(strings.TrimSuffix(rest, ")"), ",") {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "sid":
			id, err := strconv.ParseUint(value, 0, 64)
			session, ok = int64(id), err == nil
		case "to":
			ms, _ := strconv.ParseInt(value, 10, 64)
			c.timeout = time.Duration(ms) * time.Millisecond
		}
	}
	return session, c, ok
}

// zkBefore reports whether a version such as "3.5.9" is before 3.minor. One
// that cannot be read is not.
func zkBefore(version string, minor int) bool {
	const major = 3
	var v [2]int
	for i, part := range strings.SplitN(version, ".", 3) {
		if i < len(v) {
			n, err := strconv.Atoi(part)
			if err != nil {
				return false
			}
			v[i] = n
		}
	}
	return version != "" && (v[0] < major || v[0] == major && v[1] < minor)
}
