package kv

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
)

// What stands behind an address at which a store could not be opened, as far
// as it shows before anything is known of it.

// errWantsTLS says that a server speaks TLS on a connection that we do not.
var errWantsTLS = errors.New("the server wants TLS")

// isUntrusted reports whether a connection failed because we do not accept the
// server's certificate: for its chain, its names or its dates.
func isUntrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &name) || errors.As(err, &invalid)
}

// speaksTLS reports whether the server begins a TLS handshake. Its certificate is
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

// isNoHTTP reports whether something other than HTTP was answered to a request,
// or said before there was one; net/http has no error values for that. The
// second is what its transport makes of bytes that came unasked: it wraps the
// error of a read that had none.
func isNoHTTP(err error) bool {
	text := err.Error()
	return strings.Contains(text, "malformed HTTP") || strings.Contains(text, "readLoopPeekFailLocked: %!w(<nil>)")
}
