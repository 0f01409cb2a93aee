package config

import (
	"crypto/tls"
	"crypto/x509"
	"os"
)

// tlsConfig returns the TLS settings; nil if nothing asks for TLS. Insecure
// alone asks for nothing: it says how, not whether.
func (s Settings) tlsConfig() (*tls.Config, error) {
	if s.TLS != nil && !*s.TLS || s.TLS == nil && !s.asksTLS() {
		return nil, nil
	}
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         s.ServerName,
		InsecureSkipVerify: s.Insecure != nil && *s.Insecure, //nolint:gosec // only when asked for by name
	}
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, usagef("the certificates to trust (--ca, ca) cannot be read: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, usagef("%s holds no PEM certificate to trust", quote(s.CA))
		}
	}
	switch {
	case s.Cert != "" && s.Key != "":
		pair, err := tls.LoadX509KeyPair(s.Cert, s.Key)
		if err != nil {
			return nil, usagef("the client certificate %s and its key cannot be used: %w", quote(s.Cert), err)
		}
		c.Certificates = []tls.Certificate{pair}
	case s.Cert != "" || s.Key != "":
		return nil, usagef("a client certificate needs both parts: --cert (cert) and --key (key)")
	}
	return c, nil
}
