package fields

import (
	"bytes"
	"strings"

	"kvist/internal/format"
	"kvist/internal/merge"
)

// maxSize is the largest text that is merged by fields, in bytes.
const maxSize = 4 << 20

// Merge makes one text of two changed versions of base, which are values of
// key. The format is that whose fields decided, and format.Empty if the merge is
// one of lines.
func Merge(key string, base, mine, theirs []byte) (merge.Result, format.Format) {
	byLines := merge.Merge(base, mine, theirs)
	kind := kindOf(key, base, mine, theirs)
	if kind == format.Empty {
		return byLines, format.Empty
	}
	wanted, ok := mergedValue(kind, base, mine, theirs)
	if ok && byLines.Clean && holds(kind, byLines.Text, wanted) {
		return byLines, format.Empty // lines also keep what changed in comments and layout
	}
	if ok {
		if text, ok := mergedText(kind, base, mine, theirs); ok && holds(kind, text, wanted) {
			return merge.Result{Text: text, Clean: true}, kind
		}
	}
	if byLines.Clean && decodable(kind, base, mine, theirs) && !decodable(kind, byLines.Text) {
		// Such as a field that each side added, at another place and with another value.
		return merge.AsOne(base, mine, theirs), format.Empty
	}
	return byLines, format.Empty
}

// kindOf returns the format that all texts have; format.Empty if it is none
// with fields, or not the same.
func kindOf(key string, texts ...[]byte) format.Format {
	kind := format.Empty
	for i, text := range texts {
		k := format.Detect(key, text)
		if len(text) > maxSize || k != format.JSON && k != format.YAML && k != format.TOML || i > 0 && k != kind {
			return format.Empty
		}
		kind = k
	}
	return kind
}

// mergedText merges the texts part by part.
func mergedText(kind format.Format, base, mine, theirs []byte) ([]byte, bool) {
	take := map[format.Format]func([]byte) (part, bool){format.JSON: takeJSON, format.YAML: takeYAML, format.TOML: takeTOML}[kind]
	var parts [3]part
	for i, text := range [][]byte{base, mine, theirs} {
		var ok bool
		if parts[i], ok = take(text); !ok {
			return nil, false
		}
	}
	out, ok := parts[0].merge(parts[1], parts[2])
	if !ok {
		return nil, false
	}
	text := []byte(out.text())
	if kind != format.JSON && !bytes.HasSuffix(mine, []byte("\n")) {
		text = bytes.TrimSuffix(text, []byte("\n"))
	}
	return text, true
}

// part is a part of a text: a field with its name, or a whole text, whose name
// is empty.
type part struct {
	name string
	lead string // what stands before it: blanks in JSON, the lines of comments above
	head string // its name as it is written, and what follows until its content
	body string // its content, if it has no fields
	end  string // what follows its content: blanks in JSON

	fields  bool   // it has fields, also if there are none in it
	open    string // what stands before the first field
	kids    []part
	shut    string // what stands after the last field
	between string // what separates two fields
	lines   bool   // it consists of whole lines, with the comments above it

	same   string // equal if the contents are
	indent string // of the line that it begins in
}

// text returns the part as it is written.
func (p *part) text() string {
	var b strings.Builder
	p.write(&b)
	return b.String()
}

func (p *part) write(b *strings.Builder) {
	b.WriteString(p.lead + p.head + p.body + p.open)
	for i := range p.kids {
		if i > 0 {
			b.WriteString(p.between)
		}
		p.kids[i].write(b)
	}
	b.WriteString(p.shut + p.end)
}

// kid returns the field of a name; nil if there is none.
func (p *part) kid(name string) *part {
	for i := range p.kids {
		if p.kids[i].name == name {
			return &p.kids[i]
		}
	}
	return nil
}

// merge returns mine with what theirs changed of the base p. It reports whether
// the changes go together.
func (p *part) merge(mine, theirs part) (part, bool) {
	switch {
	case p.same == theirs.same, mine.same == theirs.same:
		return mine, true
	case mine.fields && theirs.fields && p.fields:
		return p.mergeFields(mine, theirs)
	case p.same == mine.same:
		return mine.taking(theirs), true
	}
	return part{}, false
}

// mergeFields is merge for parts with fields.
func (p *part) mergeFields(mine, theirs part) (part, bool) {
	out := mine
	var ok [3]bool
	out.lead, ok[0] = either(p.lead, mine.lead, theirs.lead)
	out.head, ok[1] = either(p.head, mine.head, theirs.head)
	out.shut, ok[2] = either(p.shut, mine.shut, theirs.shut)
	if !p.lines { // blanks alone: they stay as they are in mine
		out.lead, out.head, out.shut, ok = mine.lead, mine.head, mine.shut, [3]bool{true, true, true}
	}
	if ok != [3]bool{true, true, true} {
		return part{}, false
	}
	out.kids = nil
	for _, kid := range mine.kids {
		merged, keep, ok := mergeKid(p.kid(kid.name), kid, theirs.kid(kid.name))
		if !ok {
			return part{}, false
		}
		if keep {
			out.kids = append(out.kids, merged)
		}
	}
	fits := p.mergeAdded(&out, mine, theirs)
	return out, fits
}

// mergeKid merges a field of mine with that of base and theirs, which are nil
// where there is none. keep reports whether the field stays.
func mergeKid(base *part, mine part, theirs *part) (merged part, keep, ok bool) {
	switch {
	case base == nil && theirs == nil: // only mine has it
		return mine, true, true
	case base == nil:
		return mine, true, mine.same == theirs.same
	case theirs == nil: // they deleted it
		return mine, false, base.same == mine.same
	}
	merged, ok = base.merge(mine, *theirs)
	return merged, true, ok
}

// mergeAdded adds the fields that only theirs has, each behind the one that it
// follows there.
func (p *part) mergeAdded(out *part, mine, theirs part) bool {
	at := 0 // where a field goes that follows nothing
	for _, kid := range theirs.kids {
		if i := out.place(kid.name); i >= 0 {
			at = i + 1
			continue
		}
		if base := p.kid(kid.name); base != nil { // mine deleted it
			if base.same != kid.same {
				return false
			}
			continue
		}
		var added part
		switch {
		case at > 0:
			added = kid.like(out.kids[at-1])
		case len(out.kids) > 0:
			added = kid.like(out.kids[0])
		case len(mine.kids) > 0:
			added = kid.like(mine.kids[0])
		default:
			out.open, out.shut = theirs.open, reindent(theirs.shut, theirs.indent, mine.indent)
			added = kid.like(part{lead: reindent(kid.lead, theirs.indent, mine.indent), indent: kid.indent})
		}
		out.kids = append(out.kids[:at:at], append([]part{added}, out.kids[at:]...)...)
		at++
	}
	return true
}

// place returns where the field of a name is; -1 if there is none.
func (p *part) place(name string) int {
	for i := range p.kids {
		if p.kids[i].name == name {
			return i
		}
	}
	return -1
}

// either returns what became of a text that at most one side changed.
func either(base, mine, theirs string) (string, bool) {
	switch {
	case base == theirs, mine == theirs:
		return mine, true
	case base == mine:
		return theirs, true
	}
	return "", false
}

// taking returns the part with the content of theirs, in its own place.
func (p *part) taking(theirs part) part {
	out := theirs.like(*p)
	if !p.lines {
		out.lead, out.head, out.end = p.lead, p.head, p.end
	}
	return out
}

// like returns the part as it is written beside another one.
func (p *part) like(beside part) part {
	out := part{name: p.name, lines: p.lines, same: p.same, indent: beside.indent}
	if p.lines {
		out.body = reindent(p.text(), p.indent, beside.indent)
		if rest, ok := strings.CutPrefix(out.body, p.indent); ok {
			out.body = beside.indent + rest
		}
		return out
	}
	out.lead, out.head = p.lead, p.head
	if strings.Contains(p.lead, "\n") || strings.Contains(beside.lead, "\n") {
		out.lead = beside.lead
	}
	content := part{body: p.body, open: p.open, kids: p.kids, shut: p.shut, between: p.between}
	out.body = reindent(content.text(), p.indent, beside.indent)
	return out
}

// reindent moves the lines of a text, but the first, from one indent to another.
func reindent(text, from, to string) string {
	if from == to {
		return text
	}
	lines := strings.SplitAfter(text, "\n")
	for i := 1; i < len(lines); i++ {
		if rest, ok := strings.CutPrefix(lines[i], from); ok {
			lines[i] = to + rest
		}
	}
	return strings.Join(lines, "")
}
