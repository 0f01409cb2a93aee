package transfer

import "encoding/json"

// Request is what a plan was made of, as far as the plan can be made again from it:
// within a store, or from a file.
type Request struct {
	From  []byte `json:"from,omitempty"` // the prefix
	To    []byte `json:"to"`
	File  string `json:"file,omitempty"` // in place of From, with its whole path
	Mode  Mode   `json:"mode,omitempty"`
	Move  bool   `json:"move,omitempty"`
	Owned bool   `json:"owned,omitempty"`
}

// ParseRequest returns the request that the record of a plan keeps; false if there is
// none.
func ParseRequest(text string) (r Request, ok bool) {
	ok = text != "" && json.Unmarshal([]byte(text), &r) == nil
	r.Mode = min(r.Mode, Replace)
	return r, ok
}

// request returns the request of a plan as its record keeps it; "" if the plan cannot
// be made again.
func (o *Options) request(to *Place) string {
	r := Request{To: []byte(to.Prefix), File: o.File, Mode: o.Mode, Move: o.Move, Owned: o.Owned}
	switch {
	case o.File != "":
	case o.Same && o.From != nil && o.Whole:
		r.From = []byte(o.From.Prefix)
	default:
		return ""
	}
	text, err := json.Marshal(r)
	if err != nil { // it has nothing that JSON cannot hold
		return ""
	}
	return string(text)
}
