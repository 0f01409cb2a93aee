package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

const (
	// certificateAge and certificateLeft are how long ago the certificate began,
	// and how long it lasts: somebody should have renewed it.
	certificateAge  = 81 * 24 * time.Hour
	certificateLeft = 9*24*time.Hour + 5*time.Hour
)

// certificate is a web server's certificate, which ends soon, and its key.
// Signing without a source of randomness is deterministic (RFC 6979), so that
// both follow from the dice and the clock.
func (c *Cluster) certificate() ([]pair, error) {
	key, err := c.privateKey()
	if err != nil {
		return nil, fmt.Errorf("make the certificate's key: %w", err)
	}
	now := c.now().UTC().Truncate(time.Second)
	certificate := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(c.dice.bytes(16)),
		Subject:      pkix.Name{CommonName: "www.example.org", Organization: []string{"Example Shop"}},
		DNSNames:     []string{"www.example.org", "example.org", "shop.example.org"},
		NotBefore:    now.Add(-certificateAge),
		NotAfter:     now.Add(certificateLeft),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	signed, err := x509.CreateCertificate(nil, certificate, certificate, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate: %w", err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return []pair{
		{"config/web/www.crt", armoured("CERTIFICATE", signed)},
		{Secrets + "www.key", armoured("PRIVATE KEY", encoded)},
	}, nil
}

// privateKey returns a key that follows from the dice.
func (c *Cluster) privateKey() (*ecdsa.PrivateKey, error) {
	raw := c.dice.bytes(32)
	raw[0] &= 0x7f // below the order of the curve
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
}

func armoured(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
