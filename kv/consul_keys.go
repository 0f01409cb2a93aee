package kv

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Keys are bytes to Consul, but a key goes over two roads: most requests
// carry it in the URL, where the agent folds "//", resolves "." and "..", and
// refuses what does not print; and transactions carry it in JSON, which holds
// any text. So a key that no URL carries is read and written by transactions
// only.
//
// A leading slash that is given is taken off, as Consul's own command does and
// everybody who has written "/a" for "a" expects; its client refuses to name a
// key that begins with one. Such a key, which transactions can make, therefore
// has one more on this side: the key "/a" comes out, and goes in, as "//a".
// Everything else is verbatim; "a/" is a key of its own beside "a".

// consulKey is the key in Consul for a key given.
func consulKey(given string) string { return strings.TrimPrefix(given, "/") }

// consulGiven is what names a key of Consul's on this side.
func consulGiven(key string) string {
	if strings.HasPrefix(key, "/") {
		return "/" + key
	}
	return key
}

// consulDir is what every key below a prefix given begins with; "" for the
// whole store.
func consulDir(given string) string {
	dir := consulKey(given)
	if dir == "" || strings.HasSuffix(dir, "/") {
		return dir
	}
	return dir + "/"
}

// consulFolderKey is the name of a folder on this side, for the directory that
// is given: without the slash at its end.
func consulFolderKey(dir string) string { return strings.TrimSuffix(dir, "/") }

// consulFolderDir is the directory in Consul of a folder's name.
func consulFolderDir(folder string) string { return consulKey(folder + "/") }

// consulURLPart is the longest beginning of a key that a URL carries as it
// is: all of it, or up to the first segment that the agent would fold or refuse.
func consulURLPart(key string) string {
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

// prints reports whether all of a segment prints, as agents want it of a URL.
func prints(segment string) bool {
	return !strings.ContainsFunc(segment, func(r rune) bool { return !unicode.IsPrint(r) })
}

// inConsulURL reports whether a URL carries the key as it is.
func inConsulURL(key string) bool { return consulURLPart(key) == key }

// What an agent takes when it does not say otherwise (limits.kv_max_value_size
// and limits.txn_max_req_len of its configuration).
const consulMaxDefault = 512 << 10

// CheckWrite implements Limits.
func (s *Consul) CheckWrite(key string, value []byte) error {
	if err := checkConsulKey(consulKey(key)); err != nil {
		return s.fail("put", key, err)
	}
	if err := s.checkSize(consulKey(key), value); err != nil {
		return s.fail("put", key, err)
	}
	return nil
}

// checkConsulKey refuses what cannot be a key.
func checkConsulKey(key string) error {
	switch {
	case key == "":
		return withKind(ErrInvalidKey, errors.New("it is empty"))
	case !utf8.ValidString(key):
		return withKind(ErrInvalidKey, errors.New("Consul tells keys in JSON, which only holds UTF-8"))
	}
	return nil
}

// checkSize refuses values that the agent would, as far as it has told what it
// takes.
func (s *Consul) checkSize(key string, value []byte) error {
	switch {
	case !s.sized: // the agent will tell
	case len(value) > s.maxValue:
		return withKind(ErrTooLarge, fmt.Errorf("%d bytes, and the agent takes %d", len(value), s.maxValue))
	case base64.StdEncoding.EncodedLen(len(value)) > s.maxTxn && !inConsulURL(key):
		return withKind(ErrTooLarge, fmt.Errorf("%d bytes, and such a key can only be written by a transaction, which takes %d in base64", len(value), s.maxTxn))
	}
	return nil
}

// fitsTxn reports whether a transaction that writes value is small enough. JSON
// makes a byte of a key six at worst, and the key is named twice.
func (s *Consul) fitsTxn(key string, value []byte) bool {
	return base64.StdEncoding.EncodedLen(len(value))+12*len(key)+1024 <= s.maxTxn
}

// Dir implements DirNamer. A key in Consul that begins with a slash has one
// more on this side.
func (s *Consul) Dir(prefix string) string { return consulGiven(consulDir(prefix)) }

// Terms implements Termed by the fields of Consul's KV store API,
// https://developer.hashicorp.com/consul/api-docs/kv.
func (s *Consul) Terms() Terms {
	return Terms{Index: "ModifyIndex", Created: "CreateIndex", Owner: "session"}
}

func (s *Consul) keysMemory() int64    { return s.limits.memory }
