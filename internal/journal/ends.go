package journal

import (
	"cmp"
	"slices"
)

// ends are the ends of one writer's records.
type ends struct {
	writer string
	list   []rangeEnd // by first, and the ones written later behind
	late   []line     // what became known later
	most   uint64     // the records of the longest range
	sorted bool
}

// rangeEnd is the end of the records from first on.
type rangeEnd struct {
	first uint64
	line  line
}

// add notes a line of ends, if it is of the writer's records.
func (e *ends) add(l *line) {
	switch writer, first, ok := splitID(l.End); {
	case !ok || writer != e.writer:
	case l.Late:
		e.late = append(e.late, *l)
	default:
		e.list, e.sorted = append(e.list, rangeEnd{first, *l}), false
		e.most = max(e.most, l.Count, 1)
	}
}

// of returns how a record ended; the line written last counts.
func (e *ends) of(id string) (End, line, bool) {
	for i := len(e.late) - 1; i >= 0; i-- {
		if end, ok := e.late[i].end(id); ok {
			return end, e.late[i], true
		}
	}
	if !e.sorted {
		slices.SortStableFunc(e.list, func(a, b rangeEnd) int { return cmp.Compare(a.first, b.first) })
		e.sorted = true
	}
	_, n, _ := splitID(id)
	i, _ := slices.BinarySearchFunc(e.list, n+1, func(r rangeEnd, n uint64) int { return cmp.Compare(r.first, n) })
	for i--; i >= 0 && n-e.list[i].first < e.most; i-- {
		if end, ok := e.list[i].line.end(id); ok {
			return end, e.list[i].line, true
		}
	}
	return End{}, line{}, false
}
