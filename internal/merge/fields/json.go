package fields

import (
	"bytes"
	"encoding/json"
	"strings"
)

// takeJSON takes a JSON text apart.
func takeJSON(text []byte) (part, bool) {
	r := jsonReader{text: text, dec: json.NewDecoder(bytes.NewReader(text))}
	r.dec.UseNumber()
	p := r.value()
	p.lead = string(text[:r.began])
	p.end = string(text[r.at:])
	return p, !r.bad && strings.TrimSpace(p.end) == ""
}

// jsonReader takes a text apart by the places of its tokens.
type jsonReader struct {
	text  []byte
	dec   *json.Decoder
	at    int // the end of the last token
	began int // where the first token of the last value began
	bad   bool
}

// next reads a token and returns it and where it begins.
func (r *jsonReader) next() (token json.Token, begin int) {
	token, err := r.dec.Token()
	if err != nil {
		r.bad = true
		return nil, r.at
	}
	begin = r.at
	for begin < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[begin]) >= 0 {
		begin++
	}
	r.at = int(r.dec.InputOffset())
	return token, begin
}

// value reads a value.
func (r *jsonReader) value() part {
	token, begin := r.next()
	p := part{indent: r.indent(begin)}
	switch token {
	case json.Delim('{'):
		r.object(&p)
	case json.Delim('['):
		r.skip()
	}
	r.began = begin
	raw := string(r.text[begin:r.at])
	if !p.fields {
		p.body = raw
	}
	p.same = canonical(raw)
	return p
}

// object reads the fields of an object.
func (r *jsonReader) object(p *part) {
	p.fields, p.open, p.between = true, "{", ","
	for !r.bad && r.dec.More() {
		before := r.at
		token, begin := r.next()
		name, _ := token.(string)
		if p.kid(name) != nil {
			r.bad = true // a name twice
		}
		kid := r.value()
		kid.name = name
		kid.lead = string(r.text[before:begin])
		if _, behind, ok := strings.Cut(kid.lead, ","); ok {
			kid.lead = behind
		}
		kid.head = string(r.text[begin:r.began])
		kid.indent = r.indent(begin)
		p.kids = append(p.kids, kid)
	}
	before := r.at
	_, begin := r.next()
	p.shut = string(r.text[before:begin]) + "}"
}

// skip reads to the end of an array.
func (r *jsonReader) skip() {
	for open := 1; open > 0 && !r.bad; {
		switch token, _ := r.next(); token {
		case json.Delim('['), json.Delim('{'):
			open++
		case json.Delim(']'), json.Delim('}'):
			open--
		}
	}
}

// indent returns the blanks that begin the line of a place.
func (r *jsonReader) indent(at int) string {
	line := r.text[bytes.LastIndexByte(r.text[:at], '\n')+1:]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// canonical returns what a JSON text says, without layout and order.
func canonical(raw string) string {
	var v any
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return raw
	}
	out, err := json.Marshal(v) // it sorts the names
	if err != nil {
		return raw
	}
	return string(out)
}
