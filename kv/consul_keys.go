package kv

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"kvist/kv/internal/consulhttp"
)

// Keys are bytes to Consul, except for a leading slash. One that is given is taken off, as Consul's
// own command does and as everybody expects who writes "/a" for "a"; Consul's client refuses to
// name a key that begins with a slash. Transactions can make such a key. On this side it has one
// slash more: the key "/a" comes out, and goes in, as "//a". Everything else is verbatim, and "a/"
// is another key than "a".

// consulKey returns the key in Consul for a key that was given.
func consulKey(given string) string { return strings.TrimPrefix(given, "/") }

// consulGiven returns the name on this side of a key in Consul.
func consulGiven(key string) string {
	if strings.HasPrefix(key, "/") {
		return "/" + key
	}
	return key
}

// consulDir returns how every key below a given prefix begins; "" for the whole store.
func consulDir(given string) string {
	dir := consulKey(given)
	if dir == "" || strings.HasSuffix(dir, "/") {
		return dir
	}
	return dir + "/"
}

// consulFolderKey returns the name of the folder of a directory, both on this side: it has no slash
// at its end.
func consulFolderKey(dir string) string { return strings.TrimSuffix(dir, "/") }

// consulFolderDir returns the directory in Consul of a folder's name.
func consulFolderDir(folder string) string { return consulKey(folder + "/") }

// CheckWrite implements WriteChecker.
func (s *Consul) CheckWrite(key string, value []byte) error {
	name := consulKey(key)
	err := consulCheckKey(name)
	if err == nil {
		err = s.checkSize(name, value)
	}
	return s.fail(OpPut, key, err)
}

// consulCheckKey refuses what cannot be a key.
func consulCheckKey(name string) error {
	switch {
	case name == "":
		return withKind(ErrInvalidKey, errors.New("it is empty"))
	case !utf8.ValidString(name):
		return withKind(ErrInvalidKey, errors.New("Consul tells keys in JSON, which only holds UTF-8"))
	}
	return nil
}

// checkSize refuses a value that the agent would refuse, if the agent has said what it accepts.
func (s *Consul) checkSize(name string, value []byte) error {
	maxValue, maxTxn, known := s.http.Sizes()
	switch {
	case !known: // the agent will refuse it
	case len(value) > maxValue:
		return withKind(ErrTooLarge, fmt.Errorf("%d bytes, and the agent takes %d", len(value), maxValue))
	case base64.StdEncoding.EncodedLen(len(value)) > maxTxn && !consulhttp.InURL(name):
		return withKind(ErrTooLarge, fmt.Errorf(
			"%d bytes, and such a key can only be written by a transaction, which takes %d in base64", len(value), maxTxn))
	}
	return nil
}

// Dir implements DirNamer. A key in Consul that begins with a slash has one more on this side.
func (s *Consul) Dir(prefix string) string { return consulGiven(consulDir(prefix)) }

// Terms implements Termed by the fields of Consul's KV store API,
// https://developer.hashicorp.com/consul/api-docs/kv.
func (s *Consul) Terms() Terms {
	return Terms{Index: "ModifyIndex", Created: "CreateIndex", Owner: "session"}
}

// Nature implements Natured.
func (s *Consul) Nature() Nature { return Nature{Name: "Consul", Flags: true} }

func (s *Consul) keysMemory() int64 { return s.limits.memory }
