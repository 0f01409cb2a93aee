package zkwire

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// The four-letter words of the Administrator's Guide are text commands on the client port. Unless
// the server's 4lw.commands.whitelist allows more, only srvr is answered, and a reply may be cut
// off at the end of TLS. So nothing depends on them.

// FourLetters sends a word to one server and returns all of its answer.
func (d *Dialer) FourLetters(ctx context.Context, address, word string) (string, error) {
	conn, err := d.Dial(ctx, address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer endWith(ctx, conn)()
	if _, err := io.WriteString(conn, word); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(conn, frameMax))
	if len(text) > 0 {
		err = nil
	}
	if err == nil && strings.Contains(string(text), "is not executed because it is not in the whitelist") {
		err = ErrNotListed
	}
	return string(text), err
}

// ServerInfo is what a server answers to srvr.
type ServerInfo struct {
	Version string
	Mode    string // leader, follower, observer, standalone
}

// ServerInfo asks one server about itself.
func (d *Dialer) ServerInfo(ctx context.Context, address string) (ServerInfo, error) {
	text, err := d.FourLetters(ctx, address, "srvr")
	if err != nil {
		return ServerInfo{}, err
	}
	var info ServerInfo
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "Zookeeper version":
			info.Version = value[:len(value)-len(strings.TrimLeft(value, "0123456789."))]
		case "Mode":
			info.Mode = value
		}
	}
	if info.Version == "" {
		return info, errors.New(firstLine(text))
	}
	return info, nil
}

// KeepsWatches reports whether a server is known to be too old to remove watches (before 3.5).
func (d *Dialer) KeepsWatches(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	info, err := d.ServerInfo(ctx, address)
	return err == nil && info.Before(5)
}

// Before reports whether the version is before 3.minor. A version that cannot be read is not.
func (i ServerInfo) Before(minor int) bool {
	const major = 3
	var v [2]int
	for at, part := range strings.SplitN(i.Version, ".", 3) {
		if at < len(v) {
			n, err := strconv.Atoi(part)
			if err != nil {
				return false
			}
			v[at] = n
		}
	}
	return i.Version != "" && (v[0] < major || v[0] == major && v[1] < minor)
}

// Client is a connection to a server, as a line of cons reports it. The time when it was last
// heard of is the server's own, so that the rest of its session cannot be known.
type Client struct {
	Address string
	Timeout time.Duration // of its session
}

// Clients asks all servers for their connections, and returns them by session. Servers that do
// not answer are left out.
func (d *Dialer) Clients(ctx context.Context) map[int64]Client {
	all := map[int64]Client{}
	for _, address := range d.Endpoints {
		text, err := d.FourLetters(ctx, address, "cons")
		if err != nil {
			continue
		}
		for line := range strings.Lines(text) {
			if id, c, ok := parseClient(line); ok {
				all[id] = c
			}
		}
	}
	return all
}

// parseClient reads a line such as
// " /127.0.0.1:5000[1](queued=0,…,sid=0x10,…,to=10000,…,lresp=1700000000000,…)".
func parseClient(line string) (session int64, c Client, ok bool) {
	address, rest, found := strings.Cut(strings.TrimSpace(line), "(")
	if !found {
		return 0, c, false
	}
	address, _, _ = strings.Cut(strings.TrimPrefix(address, "/"), "[")
	c.Address = address
	for pair := range strings.SplitSeq(strings.TrimSuffix(rest, ")"), ",") {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "sid":
			id, err := strconv.ParseUint(value, 0, 64)
			session, ok = int64(id), err == nil
		case "to":
			ms, _ := strconv.ParseInt(value, 10, 64)
			c.Timeout = time.Duration(ms) * time.Millisecond
		}
	}
	return session, c, ok
}

// firstLine returns the first line of an answer, cut to what can be shown.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line[:min(len(line), 200)]
}
