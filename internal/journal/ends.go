package journal

import (
	"cmp"
	"slices"
)

// endsHave is a text that each line of ends has in it, and the end of a plan.
const endsHave = `"end`

// ends are the ends of one writer's records.
type ends struct {
	writer   string
	backward bool       // lines are added from the last one on
	list     []rangeEnd // by first, and the ones written later behind
	sorted   int        // how many of the list are in order
	most     uint64     // the records of the longest range
	late     []line     // what became known later, as it was added
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
		e.list = append(e.list, rangeEnd{first, *l})
		e.most = max(e.most, l.Count, 1)
	}
}

// sort puts the list in order.
func (e *ends) sort() {
	if e.backward {
		fresh := slices.Clone(e.list[e.sorted:])
		slices.Reverse(fresh)
		e.list = append(fresh, e.list[:e.sorted]...)
	}
	slices.SortStableFunc(e.list, func(a, b rangeEnd) int { return cmp.Compare(a.first, b.first) })
	e.sorted = len(e.list)
}

// of returns how a record ended; the line written last counts, and what became known
// later.
func (e *ends) of(id string) (End, line, bool) {
	for i := range e.late {
		if !e.backward {
			i = len(e.late) - 1 - i
		}
		if end, ok := e.late[i].end(id); ok {
			return end, e.late[i], true
		}
	}
	_, n, _ := splitID(id)
	for i := e.after(n); i > 0 && n-e.list[i-1].first < e.most; i-- {
		if end, ok := e.list[i-1].line.end(id); ok {
			return end, e.list[i-1].line, true
		}
	}
	return End{}, line{}, false
}

// after returns the place behind the ranges that begin with the nth record or
// before.
func (e *ends) after(n uint64) int {
	if e.sorted < len(e.list) {
		e.sort()
	}
	i, _ := slices.BinarySearchFunc(e.list, n+1, func(r rangeEnd, n uint64) int { return cmp.Compare(r.first, n) })
	return i
}

// forget forgets the ranges that begin with a record.
func (e *ends) forget(id string) {
	_, n, _ := splitID(id)
	to := e.after(n)
	from := to
	for from > 0 && e.list[from-1].first == n {
		from--
	}
	e.list = slices.Delete(e.list, from, to)
	e.late = slices.DeleteFunc(e.late, func(l line) bool { return l.End == id })
	e.sorted = len(e.list)
}
