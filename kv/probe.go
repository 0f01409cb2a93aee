package kv

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
)

// What stands behind an address at which a store could not be opened, as far
// as it shows before anything is known of it.

// errWantsTLS says that a server speaks TLS on a connection that we do not.
var errWantsTLS = errors.New("the server wants TLS")

// speaksTLS tells whether the server begins a TLS handshake. Its certificate is
// looked at by nobody, since nothing is sent.
func speaksTLS(ctx context.Context, endpoint string) bool {
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(ctx, "tcp", endpoint)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// isNoHTTP tells whether something other than HTTP was answered to a request,
// or said before there was one; net/http has no error values for that. The
// second is what its transport makes of bytes that came unasked: it wraps the
// error of a read that had none.
func isNoHTTP(err error) bool {
	text := err.Error()
	return strings.Contains(text, "malformed HTTP") || strings.Contains(text, "readLoopPeekFailLocked: %!w(<nil>)")
}
