package drafts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"kvist/internal/printable"
)

// version is the newest form of a draft's file that this package reads, and the
// one that it writes.
const version = 1

var (
	// ErrCorrupt says that a file is not as it was written.
	ErrCorrupt = errors.New("damaged, and left as it is")
	// ErrNewer says that a later version of the program wrote the file.
	ErrNewer = errors.New("written by a newer version, and left as it is")
)

// Draft is a value that was typed and not saved.
type Draft struct {
	// Address is the store's, or its profile's name. A password in it is
	// neither kept nor compared.
	Address string
	Key     string
	// Base is the value that the edit began with, BaseIndex its index;
	// BaseMissing says that there was none, and the key was to be created.
	Base        []byte
	BaseIndex   uint64
	BaseMissing bool
	// Mine is what was typed.
	Mine []byte
	// At is when; the later one of two drafts counts.
	At time.Time
}

// FileError is a draft's file that cannot be read. The file is left alone.
type FileError struct {
	Path string
	Err  error // ErrCorrupt, ErrNewer, or the system's error
}

func (e *FileError) Error() string {
	return "draft in " + printable.String(e.Path) + ": " + e.Err.Error()
}

func (e *FileError) Unwrap() error { return e.Err }

// envelope is a draft's file. Sum is of the bytes of Draft.
type envelope struct {
	Version int             `json:"version"`
	Sum     string          `json:"sha256"`
	Draft   json.RawMessage `json:"draft"`
}

// record is a draft in its file. Keys and values are any bytes, which a JSON
// string cannot hold.
type record struct {
	Address     string    `json:"address"`
	Key         []byte    `json:"key"`
	Base        []byte    `json:"base"`
	BaseIndex   uint64    `json:"base_index"`
	BaseMissing bool      `json:"base_missing"`
	Mine        []byte    `json:"mine"`
	At          time.Time `json:"at"`
}

// encode returns the draft's file.
func encode(d Draft) ([]byte, error) {
	inner, err := json.Marshal(record{
		Address: plain(d.Address), Key: []byte(d.Key),
		Base: d.Base, BaseIndex: d.BaseIndex, BaseMissing: d.BaseMissing,
		Mine: d.Mine, At: d.At.UTC(),
	})
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(envelope{Version: version, Sum: sum(inner), Draft: inner})
	return append(data, '\n'), err
}

// decode returns the draft in a file, or why there is none.
func decode(data []byte) (Draft, error) {
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil {
		return Draft{}, fmt.Errorf("%w (%w)", ErrCorrupt, err)
	}
	if e.Version > version {
		return Draft{}, ErrNewer
	}
	var r record
	if e.Version != version || e.Sum != sum(e.Draft) || json.Unmarshal(e.Draft, &r) != nil {
		return Draft{}, ErrCorrupt
	}
	return Draft{
		Address: r.Address, Key: string(r.Key),
		Base: r.Base, BaseIndex: r.BaseIndex, BaseMissing: r.BaseMissing,
		Mine: r.Mine, At: r.At,
	}, nil
}

func sum(data []byte) string {
	h := sha256.Sum256(bytes.TrimSpace(data))
	return hex.EncodeToString(h[:])
}

// plain returns address without a password, as JSON can hold it.
func plain(address string) string {
	address = strings.ToValidUTF8(address, "\ufffd")
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	authority, path, slash := strings.Cut(rest, "/")
	if slash {
		path = "/" + path
	}
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return address
	}
	user, _, _ := strings.Cut(authority[:at], ":")
	return scheme + "://" + user + authority[at:] + path
}
