package stories

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fact is all that a store keeps of a key, apart from indexes, as its own client
// says it.
type fact struct {
	value string
	kind  string // of node, where there are several
	owner string // the session or lease
	flags uint64
	acl   string
	ttl   time.Duration // granted, or on etcd v2 what is left
}

// ledger is a store's own client: it makes keys with all the metadata that the
// store has, and reads them again.
type ledger interface {
	// adorn gives some of the keys of the folder metadata of all kinds. It puts
	// further ones into the folder special, which is in it.
	adorn(folder string)
	// dress gives a single key metadata.
	dress(key string)
	// lock takes a lock.
	lock(key string)
	// revoke ends what some keys of the folder depended on.
	revoke()
	// facts are all keys at and below a prefix.
	facts(prefix string) map[string]fact
}

// ledgerOf returns the store's own client of a scene.
func ledgerOf(s *scene) ledger {
	s.Helper()
	switch s.place.Scheme {
	case "consul":
		return newConsulLedger(s)
	case "etcdv2":
		return &v2Ledger{T: s.T, server: s.server.Addr}
	case "etcdv3":
		return newV3Ledger(s)
	}
	return newZKLedger(s)
}

const (
	pastKeys  = 1000 // in the folder, besides folders in it
	pastEdits = 10
	longTTL   = time.Hour // ends in no test

	// aging is how much of a TTL may pass during a test.
	aging = 5 * time.Minute
)

// past is a scene with keys that have metadata: ten to edit, a lock to break, and
// a folder of a thousand.
type past struct {
	*scene
	ledger
	was map[string]fact // all keys, at the beginning
}

// newPast makes the scene.
func newPast(s *scene) *past {
	s.Helper()
	if s.place.Scheme == "zk" { // an ACL of a user shows that a login keeps it
		s.user = zkUser
		s.home.env = append(s.home.env, "KVIST_PASSWORD="+zkPassword)
	}
	s.home.write("config/kvist/config.toml", "confirm_count = 5000\n")
	p := &past{scene: s, ledger: ledgerOf(s)}
	for i := range pastEdits {
		p.put(editName(i), "value "+strconv.Itoa(i))
		if i < 3 {
			p.dress(s.key(editName(i)))
		}
	}
	p.client.Fill(pastKeys-specials, func(i int) string { return s.key(manyName(i)) }, "precious")
	p.adorn(s.key("big"))
	p.ledger.lock(s.key("job"))
	p.was = p.facts(s.prefix)
	return p
}

// editName is the name of a key that is edited.
func editName(i int) string { return "edit/" + strconv.Itoa(i) }

// manyName is the name of a key in the folder, at one of three depths.
func manyName(i int) string {
	return "big/" + []string{"", "deep/", "deep/er/"}[i%3] + fmt.Sprintf("%03d", i)
}

// specials is how many keys adorn makes.
const specials = 10

// isAsItWas fails where the store is not what it was, but for what somebody else
// wrote, and for what the program said that does not come back.
func (p *past) isAsItWas(said []string, theirs map[string]string) {
	p.Helper()
	is, want := p.facts(p.prefix), maps.Clone(p.was)
	for name, value := range theirs {
		f := want[p.key(name)]
		f.value = value
		want[p.key(name)] = f
	}
	fresh := map[string]string{} // the leases that began for those that ended
	for key, f := range want {
		word := ""
		switch now := is[key]; {
		case f.owner == "" || now.owner == f.owner:
			continue
		case f.kind == "ephemeral":
			word = "ephemeral key"
			delete(want, key)
		case f.ttl > 0: // a lease
			word = fmt.Sprintf("lease, which ended; a fresh one of %v begins, which nobody keeps alive", f.ttl)
			fresh[f.owner] = cmp.Or(fresh[f.owner], now.owner)
			f.owner = fresh[f.owner]
			want[key] = f
		default:
			word, f.owner = "session", ""
			want[key] = f
		}
		if !slices.ContainsFunc(said, func(lost string) bool { return strings.Contains(lost, word) }) {
			p.Errorf("%s has not come back, and %q was not said: %q", key, word, said)
		}
	}
	p.compare(is, want)
}

// isGoneExactly fails unless nothing is left of the folder but what somebody else
// wrote, and all else is as it was.
func (p *past) isGoneExactly(theirs map[string]string) {
	p.Helper()
	want := maps.Clone(p.was)
	maps.DeleteFunc(want, func(key string, _ fact) bool { return p.isBig(key) })
	is := p.facts(p.prefix)
	for name, value := range theirs {
		for folder := p.key(name); p.isBig(folder); folder = path.Dir(folder) { // they may have made folders
			if f, ok := is[folder]; ok {
				want[folder] = f
			}
		}
		if is[p.key(name)].value != value {
			p.Errorf("%s is %+v, not %q", name, is[p.key(name)], value)
		}
	}
	p.compare(is, want)
}

// isBig reports whether the key is the folder or in it.
func (p *past) isBig(key string) bool {
	return key == p.key("big") || strings.HasPrefix(key, p.key("big/"))
}

// inBig counts the keys that are the folder or in it.
func (p *past) inBig(keys map[string]fact) int {
	n := 0
	for key := range keys {
		if p.isBig(key) {
			n++
		}
	}
	return n
}

// compare fails where two states of the store differ.
func (p *past) compare(is, want map[string]fact) {
	p.Helper()
	var wrong []string
	for key, f := range want {
		if now, ok := is[key]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s is gone, and should be %+v", key, f))
		} else if !now.like(f) {
			wrong = append(wrong, fmt.Sprintf("%s is %+v, and should be %+v", key, now, f))
		}
	}
	for key, f := range is {
		if _, ok := want[key]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s should not be there: %+v", key, f))
		}
	}
	if slices.Sort(wrong); len(wrong) > 0 {
		p.Errorf("%d of %d keys are wrong:\n%s", len(wrong), len(want), strings.Join(wrong[:min(len(wrong), 10)], "\n"))
	}
}

// like reports whether both are the same, apart from what time takes of a TTL.
func (f fact) like(was fact) bool {
	if was.ttl > f.ttl && f.ttl > 0 && was.ttl-f.ttl < aging {
		f.ttl = was.ttl
	}
	return f == was
}
