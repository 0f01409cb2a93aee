package zkwire

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
)

// packet returns fields with their length before them.
func packet(fields writer) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(fields))), fields...)
}

// connected returns the answer to a request for a session.
func connected() writer {
	var p writer
	p.int(0)
	p.int(10_000)
	p.long(7)
	p.buffer(make([]byte, 16))
	return p
}

// answered returns the head of an answer, and its body.
func answered(xid, code int32, body ...byte) writer {
	var p writer
	p.int(xid)
	p.long(1)
	p.int(code)
	return append(p, body...)
}

// An answer that the client library would panic on comes to it as an error of its request; any
// other answer comes as it is.
func TestCheckedConnReplacesWhatDoesNotFit(t *testing.T) {
	huge, null := []byte{0x7f, 0xff, 0xff, 0xff}, []byte{0xff, 0xff, 0xff, 0xff}
	stat := make([]byte, statSize)
	for name, c := range map[string]struct {
		op   int32
		code int32
		body []byte
		fits bool
	}{
		"a stat":                   {opExists, 0, stat, true},
		"no stat":                  {opExists, 0, []byte{1}, false},
		"an error without a body":  {opExists, int32(CodeNoNode), nil, true},
		"null data":                {opGetData, 0, slices.Concat(null, stat), true},
		"huge data":                {opGetData, 0, huge, false},
		"data without a stat":      {opGetData, 0, null, false},
		"an ACL":                   {opGetACL, 0, slices.Concat([]byte{0, 0, 0, 0}, stat), true},
		"a huge ACL":               {opGetACL, 0, huge, false},
		"an ACL with a null name":  {opGetACL, 0, slices.Concat([]byte{0, 0, 0, 1, 0, 0, 0, 31}, null, null, stat), false},
		"names":                    {opGetChildren2, 0, slices.Concat([]byte{0, 0, 0, 1, 0, 0, 0, 1, 'a'}, stat), true},
		"huge names":               {opGetChildren2, 0, huge, false},
		"a null name":              {opGetChildren2, 0, slices.Concat([]byte{0, 0, 0, 1}, null, stat), false},
		"names without a stat":     {opGetChildren2, 0, []byte{0, 0, 0, 0}, false},
		"a path":                   {opCreate, 0, []byte{0, 0, 0, 1, '/'}, true},
		"a null path":              {opCreate, 0, null, false},
		"a transaction cut off":    {opMulti, 0, []byte{0, 0, 0, 1}, false},
		"a transaction":            {opMulti, 0, []byte{0xff, 0xff, 0xff, 0xff, 1, 0xff, 0xff, 0xff, 0xff}, true},
		"an operation not checked": {opPing, 0, nil, true},
	} {
		client, server := net.Pipe()
		conn := NewCheckedConn(client, func() { t.Errorf("%s: refused", name) })
		var request writer
		request.int(5)
		request.int(c.op)
		answer := packet(answered(5, c.code, c.body...))
		go func() {
			_, _ = io.CopyN(io.Discard, server, int64(4+len(packet(request))))
			_, _ = server.Write(packet(connected()))
			_, _ = server.Write(answer)
			server.Close()
		}()
		_, _ = conn.Write([]byte{0, 0, 0, 0}) // the request for a session
		_, _ = conn.Write(packet(request))
		got, _ := io.ReadAll(conn)
		got = got[len(packet(connected())):]
		if want := packet(answered(5, nonsense)); c.fits {
			if !slices.Equal(got, answer) {
				t.Errorf("%s: changed to %v", name, got)
			}
		} else if !slices.Equal(got, want) {
			t.Errorf("%s: came as %v", name, got)
		}
		client.Close()
	}
}

// Bytes that are no packet end the connection.
func TestCheckedConnRefusesWhatIsNoPacket(t *testing.T) {
	for name, packets := range map[string][][]byte{
		"a session of 4 GB": {{0xff, 0xff, 0xff, 0xff}},
		"no session":        {packet(writer{0, 0, 0, 0})},
		"an answer of 2 GB": {packet(connected()), {0x7f, 0xff, 0xff, 0xff}},
		"an empty answer":   {packet(connected()), {0, 0, 0, 0}},
		"an event cut off":  {packet(connected()), packet(answered(xidEvent, 0))},
	} {
		client, server := net.Pipe()
		refused := 0
		c := NewCheckedConn(client, func() { refused++ })
		go func() {
			for _, p := range packets {
				_, _ = server.Write(p)
			}
		}()
		if _, err := io.ReadAll(c); !errors.Is(err, ErrBadAnswer) || refused != 1 {
			t.Errorf("%s: %v, refused %d times", name, err, refused)
		}
		client.Close()
		server.Close()
	}
}
