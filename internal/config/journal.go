package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"kvist/internal/nearest"
)

// JournalMode is what the journal keeps of the writes to a store.
type JournalMode string

// The modes of a journal. The zero value is JournalFull.
const (
	JournalFull JournalMode = "full" // every write, with the values it replaces and makes
	JournalKeys JournalMode = "keys" // every write, with sizes and digests of values
	JournalOff  JournalMode = "off"  // nothing; writes cannot be undone
)

// Journal says what is kept of the writes to a store, and for how long.
type Journal struct {
	Mode JournalMode
	// Hide are prefixes below which no values are kept.
	Hide []string
	// Age and Size bound the journals of all stores; 0 means the default.
	Age  time.Duration
	Size Size
}

// Prefixes are what keys begin with.
type Prefixes []string

// set takes the value of a setting.
func (p *Prefixes) set(value any) error {
	list, ok := value.([]string)
	if !ok {
		return errors.New(`should be a list of what keys begin with, such as ["secrets/", "prod/tokens/"]`)
	}
	for _, prefix := range list {
		if strings.Trim(prefix, "/") == "" {
			return fmt.Errorf(`%s would hide the values of all keys; journal = "keys" does that`, quote(prefix))
		}
	}
	*p = list
	return nil
}

// Set reads a mode.
func (m *JournalMode) Set(text string) error {
	switch mode := JournalMode(text); mode {
	case JournalFull, JournalKeys, JournalOff:
		*m = mode
		return nil
	}
	return fmt.Errorf("%s is not a mode of the journal; %s", quote(text),
		nearest.Among(text, string(JournalFull), string(JournalKeys), string(JournalOff)))
}

// String returns the mode, "" if it is not set.
func (m *JournalMode) String() string {
	if m == nil {
		return ""
	}
	return string(*m)
}

// Type is the word for a mode in a command's help.
func (*JournalMode) Type() string { return "mode" }
