package consulhttp

import (
	"encoding/base64"
	"strings"
	"unicode"
)

// A key goes over two roads. Most requests carry it in the URL, where the agent folds "//",
// resolves "." and "..", and refuses characters that do not print. Transactions carry it in JSON,
// which holds any text. So only transactions reach a key that no URL carries.

// URLPart returns the longest beginning of a key that a URL carries unchanged: all of it, or what
// stands before the first segment that the agent would fold or refuse.
func URLPart(key string) string {
	from := 0
	for {
		n := strings.IndexByte(key[from:], '/')
		last := n < 0
		if last {
			n = len(key) - from
		}
		segment := key[from : from+n]
		if segment == "" && !last || segment == "." || segment == ".." || !prints(segment) {
			return key[:from]
		}
		if last {
			return key
		}
		from += n + 1
	}
}

// prints reports whether all of a segment prints, as agents require of a URL.
func prints(segment string) bool {
	return !strings.ContainsFunc(segment, func(r rune) bool { return !unicode.IsPrint(r) })
}

// InURL reports whether a URL carries the key unchanged.
func InURL(key string) bool { return URLPart(key) == key }

// jsonByte is how many bytes JSON makes of one byte of a key at worst.
const jsonByte = 6

// FitsTxn reports whether a transaction that writes value is small enough. It names the key twice.
func (c *Client) FitsTxn(key string, value []byte) bool {
	return base64.StdEncoding.EncodedLen(len(value))+2*jsonByte*len(key)+1024 <= c.maxTxn
}

// TxnFits returns how many of n keys fit into one transaction that has so many operations for
// each, and writes no values. key returns one of them. The least is 1.
func (c *Client) TxnFits(n, operations int, key func(i int) string) int {
	bytes, ops, fits := 0, 0, 0
	for fits < n {
		ops += operations
		bytes += operations * (jsonByte*len(key(fits)) + 128)
		if fits > 0 && (ops > TxnOps || bytes > c.maxTxn) {
			break
		}
		fits++
	}
	return fits
}
