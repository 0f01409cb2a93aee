package journal

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Dry returns a journal that reads what j has and never writes: its own lines stay in
// memory, where it reads them as if they were the last ones of the files.
func (j *Journal) Dry() *Journal {
	d := New(j.root, j.store, j.options)
	d.dry = true
	return d
}

// IsDry reports whether the journal never writes.
func (j *Journal) IsDry() bool { return j.dry }

// remember keeps lines in memory. Its caller holds the mutex.
func (j *Journal) remember(lines []byte) error {
	for text := range bytes.Lines(lines) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return err
		}
		j.kept = append(j.kept, l)
	}
	j.written.Add(1)
	return nil
}

// inMemory returns the lines that are kept in memory.
func (j *Journal) inMemory() []line {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clip(j.kept)
}
