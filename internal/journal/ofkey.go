package journal

import (
	"context"
	"errors"
	"io"
)

// OfKey calls see with each record of a key, those of plans included, the newest
// first, until it returns false. Foreign is how many lines cannot be read.
func (j *Journal) OfKey(ctx context.Context, key string, see func(Record) bool) (foreign int, err error) {
	r, err := j.Read()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for ctx.Err() == nil {
		l, _, err := r.line()
		switch {
		case errors.Is(err, io.EOF):
			return r.Foreign, nil
		case err != nil:
			return r.Foreign, err
		case l.End != "":
			r.noteEnd(&l)
			continue
		case l.ID == "":
			continue
		}
		end, at := r.endOf(l.ID)
		if l.key() != key {
			continue
		}
		record, err := l.record()
		if err != nil {
			r.Foreign++
			continue
		}
		record.setEnd(end, at)
		if !see(record) {
			return r.Foreign, nil
		}
	}
	return r.Foreign, ctx.Err()
}
