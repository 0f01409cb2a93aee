package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
)

// ErrWantsTLS says that a server speaks TLS on a connection that does not.
var ErrWantsTLS = errors.New("the server wants TLS")

// IsUntrusted reports whether a connection failed because the server's certificate is not accepted:
// for its chain, its names or its dates.
func IsUntrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &name) || errors.As(err, &invalid)
}

// SpeaksTLS reports whether the server at an address completes a TLS handshake. It accepts any
// certificate, since it sends nothing.
func SpeaksTLS(ctx context.Context, address string) bool {
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// IsNoHTTP reports whether an HTTP request failed because the server sent something other than
// HTTP, before the request or in answer to it. net/http has no error values for either. The second
// text is the one that its transport makes when bytes came unasked: it wraps a read error that is
// nil.
func IsNoHTTP(err error) bool {
	text := err.Error()
	return strings.Contains(text, "malformed HTTP") || strings.Contains(text, "readLoopPeekFailLocked: %!w(<nil>)")
}

// WantsCertificate reports whether a server refused the client's certificate, or that there is
// none. crypto/tls has no type for the alerts that it receives; their texts are fixed by the
// names of RFC 8446, section 6.
func WantsCertificate(err error) bool {
	var alert *net.OpError
	if !errors.As(err, &alert) || alert.Op != "remote error" {
		return false
	}
	text := alert.Err.Error()
	return strings.Contains(text, "certificate") || strings.Contains(text, "access denied")
}
