package kvtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certificates are an authority of the test's own, and certificates that it has
// signed for a server on loopback and for a client, in PEM files.
type Certificates struct {
	CA                    string // the authority's certificate
	ServerCert, ServerKey string
	ServerBoth            string // key and certificate in one file
	ClientCert, ClientKey string

	authority *x509.CertPool
	client    tls.Certificate
}

// NewCertificates makes new certificates, valid for an hour. The server's is
// for localhost and 127.0.0.1.
func NewCertificates(t testing.TB) *Certificates {
	t.Helper()
	return newCertificatesOf(t, func(*x509.Certificate) {})
}

// NewCertificatesFor makes certificates whose server certificate is for one DNS
// name alone, which is not where the server listens.
func NewCertificatesFor(t testing.TB, name string) *Certificates {
	t.Helper()
	return newCertificatesOf(t, func(server *x509.Certificate) { server.DNSNames, server.IPAddresses = []string{name}, nil })
}

// NewExpiredCertificates makes certificates whose server certificate has
// expired.
func NewExpiredCertificates(t testing.TB) *Certificates {
	t.Helper()
	return newCertificatesOf(t, func(server *x509.Certificate) {
		server.NotBefore, server.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(-time.Minute)
	})
}

func newCertificatesOf(t testing.TB, change func(server *x509.Certificate)) *Certificates {
	t.Helper()
	c, err := newCertificates(t.TempDir(), change)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Client returns the configuration of a client that trusts the authority and
// shows its own certificate.
func (c *Certificates) Client() *tls.Config {
	return &tls.Config{RootCAs: c.authority, Certificates: []tls.Certificate{c.client}, MinVersion: tls.VersionTLS12}
}

// Stranger returns the configuration of a client that trusts the authority but
// shows no certificate.
func (c *Certificates) Stranger() *tls.Config {
	return &tls.Config{RootCAs: c.authority, MinVersion: tls.VersionTLS12}
}

func newCertificates(dir string, change func(server *x509.Certificate)) (*Certificates, error) {
	in := func(name string) string { return filepath.Join(dir, name) }
	c := &Certificates{
		CA: in("ca.pem"), ServerCert: in("server.pem"), ServerKey: in("server-key.pem"), ServerBoth: in("server-both.pem"),
		ClientCert: in("client.pem"), ClientKey: in("client-key.pem"), authority: x509.NewCertPool(),
	}
	ca, err := newSigned("kvtest authority", nil, nil)
	if err != nil {
		return nil, err
	}
	server, err := newSigned("localhost", ca, change)
	if err != nil {
		return nil, err
	}
	client, err := newSigned("kvtest client", ca, nil)
	if err != nil {
		return nil, err
	}
	c.authority.AddCert(ca.cert)
	if c.client, err = tls.X509KeyPair(client.certPEM, client.keyPEM); err != nil {
		return nil, err
	}
	both := append(append([]byte(nil), server.keyPEM...), server.certPEM...)
	for path, text := range map[string][]byte{
		c.CA: ca.certPEM, c.ServerCert: server.certPEM, c.ServerKey: server.keyPEM, c.ServerBoth: both,
		c.ClientCert: client.certPEM, c.ClientKey: client.keyPEM,
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// signed is a certificate with its key.
type signed struct {
	cert            *x509.Certificate
	key             *ecdsa.PrivateKey
	certPEM, keyPEM []byte
}

// newSigned makes a certificate signed by ca, or by itself as an authority if
// ca is nil. change, if not nil, edits the template last.
func newSigned(name string, ca *signed, change func(*x509.Certificate)) (*signed, error) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true,
	}
	s := &signed{}
	if s.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	parent, signer := template, s.key
	if ca != nil {
		parent, signer = ca.cert, ca.key
	} else {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &s.key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	if s.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		return nil, err
	}
	s.certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return s, nil
}
