package history

import (
	"slices"

	"kvist/kv"
)

// Pages are the versions that were read of a store that keeps history, without
// a hole between them. The zero value holds nothing.
type Pages struct {
	kv.Versions
	read bool
}

// Read reports whether anything was read.
func (p *Pages) Read() bool { return p.read }

// Last returns the index before which the next older page begins; 0 if there is
// none yet.
func (p *Pages) Last() uint64 {
	if n := len(p.Versions.Versions); n > 0 {
		return p.Versions.Versions[n-1].Index
	}
	return 0
}

// Bytes returns how many bytes the values take.
func (p *Pages) Bytes() int {
	n := 0
	for i := range p.Versions.Versions {
		n += len(p.Versions.Versions[i].Value)
	}
	return n
}

// Older adds the page that was read before Last.
func (p *Pages) Older(v kv.Versions) {
	all := append(slices.Clip(p.Versions.Versions), v.Versions...)
	p.Versions, p.read = v, true
	p.Versions.Versions = all
}

// Newer adds the newest page, read anew. Where it does not reach back to what
// was read before, that is dropped: nothing may seem whole that is not.
func (p *Pages) Newer(v kv.Versions) {
	if n := len(v.Versions); p.read && n > 0 {
		last := v.Versions[n-1].Index
		at := slices.IndexFunc(p.Versions.Versions, func(old kv.Version) bool { return old.Index == last })
		if at >= 0 {
			older := p.Versions.Versions[at+1:]
			p.Versions.Versions = append(slices.Clip(v.Versions), older...)
			if len(older) == 0 {
				p.More, p.Compacted, p.Unread = v.More, v.Compacted, v.Unread
			}
			return
		}
	}
	p.Versions, p.read = v, true
}
