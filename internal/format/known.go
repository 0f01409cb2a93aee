package format

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"time"
	"unicode/utf8"

	"kvist/internal/printable"
)

const (
	// certificateMost is how much of a text is looked at for its first certificate.
	certificateMost = 64 << 10
	// subjectMost is the most bytes of a subject that are said.
	subjectMost = 80
)

// isGzip reports whether a value begins as what gzip writes. Nothing is unpacked.
func isGzip(value []byte) bool {
	if !bytes.HasPrefix(value, []byte{0x1f, 0x8b}) {
		return false
	}
	_, err := gzip.NewReader(bytes.NewReader(value[:min(len(value), certificateMost)]))
	return err == nil
}

// describeCertificate says whose certificate a text begins with, and until when it is
// valid; "" if it begins with none.
func describeCertificate(value []byte) string {
	head := bytes.TrimLeft(value[:min(len(value), certificateMost)], " \t\r\n")
	if !bytes.HasPrefix(head, []byte("-----BEGIN CERTIFICATE-----")) {
		return ""
	}
	block, _ := pem.Decode(head)
	if block == nil || block.Type != "CERTIFICATE" {
		return ""
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return ""
	}
	return "a certificate of " + subjectOf(c) + " until " + c.NotAfter.UTC().Format(time.DateOnly)
}

// subjectOf returns the name that people know a certificate by.
func subjectOf(c *x509.Certificate) string {
	subject := c.Subject.CommonName
	if subject == "" {
		subject = c.Subject.String()
	}
	if subject == "" {
		subject = strings.Join(c.DNSNames, ", ")
	}
	if subject == "" {
		return "nobody"
	}
	if len(subject) > subjectMost {
		end := subjectMost
		for !utf8.RuneStart(subject[end]) {
			end--
		}
		subject = subject[:end] + "…"
	}
	return printable.String(subject)
}
