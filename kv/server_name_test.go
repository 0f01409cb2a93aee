package kv_test

import (
	"crypto/tls"
	"errors"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// secured are the ways to open a store over TLS, with a server for each.
func secured() map[string]struct {
	open  kv.Initialize
	start func(testing.TB, ...kvtest.Option) *kvtest.Server
} {
	return map[string]struct {
		open  kv.Initialize
		start func(testing.TB, ...kvtest.Option) *kvtest.Server
	}{
		"consul":    {kv.InitializeConsul, kvtest.StartConsul},
		"etcd v2":   {kv.InitializeEtcd, kvtest.StartEtcd},
		"etcd v3":   {kv.InitializeEtcdV3, kvtest.StartEtcd},
		"zookeeper": {kv.InitializeZookeeper, kvtest.StartZooKeeper},
	}
}

// opens opens a store and closes it again. If the server reports at once what
// is wrong, the error must come at once.
func opens(t *testing.T, open kv.Initialize, addr string, secure *tls.Config) error {
	t.Helper()
	const timeout = 8 * time.Second
	began := time.Now()
	s, err := open([]string{addr}, &kv.Config{TLS: secure, ConnectionTimeout: timeout})
	if err == nil {
		s.Close()
	}
	if took := time.Since(began); took > kvtest.Allow(timeout/2) {
		t.Errorf("it took %v", took)
	}
	return err
}

// The requested server name counts, not the host of the connection.
func TestServerNameIsChecked(t *testing.T) {
	t.Parallel()
	for name, b := range secured() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here, elsewhere := kvtest.NewCertificates(t), kvtest.NewCertificatesFor(t, "other.example")
			addrHere := b.start(t, kvtest.WithTLS(here)).Addr
			addrElsewhere := b.start(t, kvtest.WithTLS(elsewhere)).Addr
			for _, c := range []struct {
				what, addr string
				certs      *kvtest.Certificates
				name       string
				want       error
			}{
				{"no name, and the host's certificate", addrHere, here, "", nil},
				{"the certificate's other name", addrHere, here, "localhost", nil},
				{"a name the certificate does not have", addrHere, here, "wrong.example", kv.ErrCertificate},
				{"no name, and a certificate of another host", addrElsewhere, elsewhere, "", kv.ErrCertificate},
				{"the name of a server behind a tunnel", addrElsewhere, elsewhere, "other.example", nil},
			} {
				secure := c.certs.Client()
				secure.ServerName = c.name
				if err := opens(t, b.open, c.addr, secure); !errors.Is(err, c.want) {
					t.Errorf("%s: %v, want %v", c.what, err, c.want)
				}
			}
		})
	}
}

// The error says at once what is wrong with a certificate.
func TestCertificateIsRefused(t *testing.T) {
	for name, b := range secured() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certs, expired := kvtest.NewCertificates(t), kvtest.NewExpiredCertificates(t)
			addr, addrExpired := b.start(t, kvtest.WithTLS(certs)).Addr, b.start(t, kvtest.WithTLS(expired)).Addr
			stranger := certs.Client()
			stranger.RootCAs = kvtest.NewCertificates(t).Client().RootCAs
			if err := opens(t, b.open, addr, stranger); !errors.Is(err, kv.ErrCertificate) {
				t.Errorf("of another authority: %v", err)
			}
			if err := opens(t, b.open, addrExpired, expired.Client()); !errors.Is(err, kv.ErrCertificate) {
				t.Errorf("expired: %v", err)
			}
			loose := expired.Client()
			loose.InsecureSkipVerify = true
			if err := opens(t, b.open, addrExpired, loose); err != nil {
				t.Errorf("expired, and not verified: %v", err)
			}
		})
	}
}
