package kvtest

import (
	"io"
	"net"
	"testing"
	"time"
)

// echo is a server that returns what it reads.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// said returns what comes back over the link, and how long that took.
func said(t *testing.T, conn net.Conn, text string) (string, time.Duration) {
	t.Helper()
	began := time.Now()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	back := make([]byte, len(text))
	if _, err := io.ReadFull(conn, back); err != nil {
		t.Fatal(err)
	}
	return string(back), time.Since(began)
}

// A delay applies in both directions, keeps the order, and can be removed.
func TestLinkDelays(t *testing.T) {
	l := NewLink(t, echo(t))
	conn, err := net.Dial("tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const d = 100 * time.Millisecond
	l.Delay(d)
	if back, took := said(t, conn, "there and back"); back != "there and back" || took < 2*d {
		t.Errorf("%q came back after %s", back, took)
	}
	l.Delay(d)
	if _, err := io.WriteString(conn, "slow "); err != nil {
		t.Fatal(err)
	}
	l.Delay(0)
	if back, _ := said(t, conn, "quick"); back != "slow " {
		t.Errorf("%q overtook what was before it", back)
	}
	if _, err := io.ReadFull(conn, make([]byte, len("quick"))); err != nil {
		t.Fatal(err)
	}
	if _, took := said(t, conn, "again"); took >= d {
		t.Errorf("it still takes %s", took)
	}
}
