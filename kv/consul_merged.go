package kv

// consulMerged reports whether an event may stand for several changes of its
// key, where the events are the difference of two answers, with the indexes
// from and to, the first of which may have been waited for by many changes
// (piled) or else was made when the first one came.
//
// The server keeps no count of changes, only the index of the last one, and
// every write has an index of its own: those of a transaction, one together.
// So a change is surely a single one if its index is next to that of the state
// known before. Others that were told at the indexes between do not help: a
// transaction may have written both keys. Of an answer that was made when a
// change came, all that is at its index came alone too: only what is not shows
// that more came before the server looked.
//
// A level that was woken by what lies in closed folders has no change of a
// key, and so none that is merged.
func consulMerged(events []Event, from, to uint64, piled bool) bool {
	for _, e := range events {
		at := e.Index
		switch e.Kind {
		case PutEvent:
		case DeleteEvent:
			at = to // or before: where it was is not told
		default:
			continue
		}
		if at != from+1 && (piled || at != to) {
			return true
		}
	}
	return false
}
