package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"syscall"
	"time"

	"kvist/internal/printable"
)

// soon is how many days before its end a certificate is worth a warning.
const soon = 14

// reach checks a server's name, port and certificate.
func (e *examination) reach(ctx context.Context, endpoint string) bool {
	if strings.HasPrefix(endpoint, "unix:") { // the embedded store
		return true
	}
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		e.failed(CheckName, endpoint, "it is no host and port: "+err.Error(), "Write it as host:port.")
		return false
	}
	return e.resolve(ctx, endpoint, host) && e.connect(ctx, endpoint, host)
}

// resolve looks a server's name up.
func (e *examination) resolve(ctx context.Context, endpoint, host string) bool {
	if net.ParseIP(host) != nil {
		return true // there is nothing to look up
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout())
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		e.failed(CheckName, endpoint, printable.String(host)+" was not found: "+cause(err),
			"Check the spelling, and the name server of this machine; a name of the cluster's own may be known inside it only.")
		return false
	}
	e.passed(CheckName, endpoint, printable.String(host)+" is "+strings.Join(addresses, ", "))
	return true
}

// connect dials a server, and shakes hands if TLS is to be used.
func (e *examination) connect(ctx context.Context, endpoint, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, e.timeout())
	defer cancel()
	begin := time.Now()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", endpoint)
	if err != nil {
		e.failed(CheckTCP, endpoint, "no connection: "+cause(err), adviceTCP(err))
		return false
	}
	defer conn.Close()
	e.passed(CheckTCP, endpoint, "connected in "+short(time.Since(begin)))
	if e.Target.Config.TLS == nil {
		return true
	}
	return e.shake(ctx, endpoint, host, conn)
}

// cause returns the last part of a network error: what the system said.
func cause(err error) string {
	var dns *net.DNSError
	var sys syscall.Errno
	switch {
	case errors.As(err, &dns):
		return dns.Err
	case errors.As(err, &sys):
		return sys.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer within the timeout"
	}
	return printable.String(err.Error())
}

func adviceTCP(err error) string {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "The machine answers, but nothing listens at that port: check that the server runs, and its port."
	}
	return "Check that the machine is up, and that no firewall drops what goes to that port."
}

// shake does the TLS handshake without verifying anything, so that the chain is
// seen whatever is wrong with it, and then verifies as the clients do.
func (e *examination) shake(ctx context.Context, endpoint, host string, conn net.Conn) bool {
	c := e.Target.Config.TLS.Clone()
	if c.ServerName == "" {
		c.ServerName = host
	}
	verify := !c.InsecureSkipVerify
	c.InsecureSkipVerify = true
	client := tls.Client(conn, c)
	if err := client.HandshakeContext(ctx); err != nil {
		e.failed(CheckTLS, endpoint, "no TLS: "+cause(err), adviceHandshake(err))
		return false
	}
	chain := client.ConnectionState().PeerCertificates
	found := e.describe(chain)
	if !verify {
		e.unknown(CheckTLS, endpoint, found+"; not verified, as --insecure-skip-verify asks")
		return true
	}
	if err := check(chain, c, e.Now()); err != nil {
		e.failed(CheckTLS, endpoint, found+": "+printable.String(err.Error()), adviceVerify(err))
		return false
	}
	if left := days(chain[0].NotAfter.Sub(e.Now())); left < soon {
		found += "; renew it soon"
	}
	e.passed(CheckTLS, endpoint, found)
	return true
}

// check verifies a chain for the server's name.
func check(chain []*x509.Certificate, c *tls.Config, now time.Time) error {
	between := x509.NewCertPool()
	for _, one := range chain[1:] {
		between.AddCert(one)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: c.RootCAs, Intermediates: between, DNSName: c.ServerName, CurrentTime: now})
	return err
}

// describe names the certificates of a chain, the server's own first, and how
// long that one has left.
func (e *examination) describe(chain []*x509.Certificate) string {
	names := make([]string, 0, len(chain)+1)
	for _, one := range chain {
		names = append(names, named(one.Subject.CommonName, one.DNSNames))
	}
	last := chain[len(chain)-1]
	if last.Issuer.String() != last.Subject.String() {
		names = append(names, named(last.Issuer.CommonName, nil))
	}
	return strings.Join(names, ", signed by ") + ", " + validity(chain[0], e.Now())
}

func named(common string, hosts []string) string {
	switch {
	case common != "":
		return printable.String(common)
	case len(hosts) > 0:
		return printable.String(hosts[0])
	}
	return "somebody without a name"
}

// validity says how long a certificate is valid.
func validity(c *x509.Certificate, now time.Time) string {
	switch {
	case now.Before(c.NotBefore):
		return fmt.Sprintf("valid only from %s on", c.NotBefore.Format(time.DateOnly))
	case now.After(c.NotAfter):
		return fmt.Sprintf("ended %s, %d days ago", c.NotAfter.Format(time.DateOnly), days(now.Sub(c.NotAfter)))
	}
	return fmt.Sprintf("valid until %s, %d days left", c.NotAfter.Format(time.DateOnly), days(c.NotAfter.Sub(now)))
}

func days(d time.Duration) int { return int(math.Floor(d.Hours() / 24)) }

func adviceHandshake(err error) string {
	var header tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &header):
		return "The server does not speak TLS at that port: leave out --tls, --ca and --cert, or take its TLS port."
	case errors.As(err, &alert):
		return "The server ended the handshake: it may want a client certificate (--cert, --key) of a CA that it trusts."
	}
	return "The server may not speak TLS at that port, or want a client certificate (--cert, --key)."
}

func adviceVerify(err error) string {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "Renew the server's certificate; if its dates are right, check the clock of this machine."
	case errors.As(err, &name):
		return "Name the server as its certificate does, with --server-name if the address has to stay."
	case errors.As(err, &authority):
		return "Give the certificate of the CA that signed it by --ca."
	}
	return "Check which CA signed it (--ca), which names it has (--server-name) and its dates."
}

// short returns a duration with as many digits as matter.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < 10*time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
