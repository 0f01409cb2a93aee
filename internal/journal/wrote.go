package journal

import (
	"errors"
	"io"
)

// Wrote calls see with the key and the index of each write that was carried
// out and recorded after the entry with that ID, plans included.
func (j *Journal) Wrote(after string, see func(key string, index uint64)) error {
	r, err := j.Read()
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		l, _, err := r.line()
		switch {
		case errors.Is(err, io.EOF), err == nil && (l.ID == after || l.BeginPlan == after):
			return nil
		case err != nil:
			return err
		case l.End != "":
			r.noteEnd(&l)
		case l.ID != "":
			if e, _ := r.endOf(l.ID); e.Outcome == Done && e.Index != 0 {
				see(l.key(), e.Index)
			}
		}
	}
}
