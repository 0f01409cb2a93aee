package zkwire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/panics"
)

// A panic in what is done with an event is the error of the connection that it came over.
func TestPipeTurnsAPanicIntoItsError(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	w := &Wire{conn: client, Granted: time.Minute}
	w.in = bufio.NewReader(w)
	p := (&Dialer{}).NewPipe(w, func(Event) { panic("odd") })
	defer p.Close()
	var event writer
	event.int(xidEvent)
	event.long(0)
	event.int(0)
	event.int(Changed)
	event.int(0)
	event.string("/a")
	if _, err := server.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(event))), event...)); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if err := p.Err(); !panics.Is(err) || !errors.Is(err, zk.ErrConnectionClosed) {
		t.Error(err)
	}
	if err := p.Sync(t.Context()); !panics.Is(err) {
		t.Errorf("a later request: %v", err)
	}
}
