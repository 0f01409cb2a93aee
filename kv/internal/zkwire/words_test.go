package zkwire

import (
	"testing"
	"time"
)

// A line of cons names the session, its address and its timeout.
func TestClientLine(t *testing.T) {
	line := " /127.0.0.1:38320[1](queued=0,recved=2,sent=2,sid=0xff00149b350008,lop=GETA,est=1795407491148,to=10000,lcxid=0x1,lzxid=0xfea,lresp=2792805,llat=0,minlat=0,avglat=0,maxlat=1)\n"
	id, client, ok := parseClient(line)
	if !ok || id != 0xff00149b350008 || client != (Client{"127.0.0.1:38320", 10 * time.Second}) {
		t.Errorf("%x, %+v, %v", id, client, ok)
	}
	id, client, ok = parseClient(" /0:0:0:0:0:0:0:1:9[0](queued=0,recved=1,sent=0,sid=0x1,to=1)")
	if !ok || id != 1 || client.Address != "0:0:0:0:0:0:0:1:9" {
		t.Errorf("IPv6: %x, %+v, %v", id, client, ok)
	}
	for _, line := range []string{"", "\n", "no parenthesis", " /127.0.0.1:38326[0](queued=0,recved=1,sent=0)"} {
		if _, _, ok := parseClient(line); ok {
			t.Errorf("%q is taken for a session", line)
		}
	}
}

// Versions are compared by their numbers, and one that cannot be read is not old.
func TestVersions(t *testing.T) {
	for version, want := range map[string]bool{
		"3.4.14": true, "3.5.9": true, "3.6.0": false, "3.8.0": false, "3.10.1": false, "4.0": false, "2.9": true, "": false, "x": false,
	} {
		if got := (ServerInfo{Version: version}).Before(6); got != want {
			t.Errorf("%q before 3.6: %v", version, got)
		}
	}
}
