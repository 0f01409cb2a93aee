package format

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// certificate returns a text with a certificate of a subject or of names.
func certificate(t *testing.T, subject string, names ...string) string {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC), DNSNames: names}
	if subject != "" {
		c.Subject = pkix.Name{CommonName: subject}
	}
	signed, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
}

// A certificate is described by its subject and its end, and nothing in it reaches the
// terminal.
func TestDescribeACertificate(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{certificate(t, "www.example.org"), ", a certificate of www.example.org until 2031-05-06"},
		{"\n" + certificate(t, "first") + certificate(t, "second"), ", a certificate of first until 2031-05-06"},
		{certificate(t, "", "a.example", "b.example"), ", a certificate of a.example, b.example until 2031-05-06"},
		{certificate(t, ""), ", a certificate of nobody until 2031-05-06"},
		{certificate(t, "red\x1b[31m"), `, a certificate of red\x1b[31m until 2031-05-06`},
		{certificate(t, strings.Repeat("é", 50)), ", a certificate of " + strings.Repeat("é", 40) + "… until 2031-05-06"},
		{"a note\n" + certificate(t, "later"), " lines"},
		{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "text, 3 lines"},
		{"-----BEGIN CERTIFICATE-----\n" + strings.Repeat("A", 2*certificateMost) + "\n-----END CERTIFICATE-----\n", "text, 3 lines"},
	} {
		if got := Describe(Detect("www.crt", []byte(c.value)), []byte(c.value)); !strings.HasPrefix(got, "text, ") || !strings.HasSuffix(got, c.want) {
			t.Errorf("it is described as %q, want %q", got, c.want)
		}
	}
}

// A gzip is called so by what it begins with, and is not unpacked.
func TestDescribeAGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte("the\na\nof\n"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	value := b.Bytes()
	for _, c := range []struct {
		value []byte
		want  string
	}{
		{value, "binary, gzip, " + sized(len(value))},
		{value[:10], "binary, gzip, 10 B"}, // cut off behind its header
		{value[:5], "binary, 5 B"},
		{append([]byte{0x1f, 0x8b, 9}, value[3:]...), "binary, " + sized(len(value))},
	} {
		if got := Describe(Detect("a.gz", c.value), c.value); got != c.want {
			t.Errorf("it is described as %q, want %q", got, c.want)
		}
	}
}
