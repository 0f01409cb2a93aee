package main

import (
	"fmt"
	"strconv"
	"strings"
)

// keyLength is the length of every key in etcd, in bytes.
const keyLength = 64

// The shape of the data: services of perService nodes by regions, each of which
// has perNode keys.
const (
	perNode    = 10
	perRegion  = 50 * perNode
	perService = 50 * perRegion
)

// keyspace is n keys in four levels below a prefix, in the order of the tree.
type keyspace struct {
	prefix string
	n      int
	pad    bool // to keyLength
}

// service returns the first level's i-th name of 40, in order.
func service(i int) string {
	areas := [...]string{"billing", "catalog", "checkout", "identity", "ledger", "payments", "search", "shipping"}
	kinds := [...]string{"api", "cache", "events", "store", "worker"}
	return areas[i/len(kinds)%len(areas)] + "-" + kinds[i%len(kinds)]
}

// region returns the second level's i-th name of 50, in order.
func region(i int) string {
	places := [...]string{
		"ap-east", "ap-south", "ca-central", "eu-central", "eu-north",
		"eu-west", "me-south", "sa-east", "us-east", "us-west",
	}
	return places[i/5] + "-" + strconv.Itoa(1+i%5)
}

// kind returns the name of the i-th of a node's ten keys, in order.
func kind(i int) string {
	return [...]string{
		"address", "certificate", "config", "features", "limits", "owner", "replicas", "route", "session", "weight",
	}[i]
}

// key returns the i-th key.
func (k keyspace) key(i int) string {
	b := make([]byte, 0, keyLength)
	b = fmt.Appendf(b, "%s/%s/%s/node-%02d/%s-%07d", k.prefix, service(i/perService), region(i/perRegion%50),
		i/perNode%50, kind(i%perNode), i)
	if k.pad {
		b = append(b, '-')
		random := uint64(i)*0x9e3779b97f4a7c15 + 1 // the same in every run
		for len(b) < keyLength {
			random ^= random >> 27
			random *= 0x94d049bb133111eb
			b = append(b, "0123456789abcdef"[random>>60])
		}
	}
	return string(b)
}

// folders returns all folders below the prefix, each after its parent.
func (k keyspace) folders() []string {
	var all []string
	seen := map[string]bool{}
	for i := 0; i < k.n; i += perNode {
		parts := strings.Split(k.key(i), "/")
		for depth := 2; depth < len(parts); depth++ {
			if folder := strings.Join(parts[:depth], "/"); !seen[folder] {
				seen[folder] = true
				all = append(all, folder)
			}
		}
	}
	return all
}

// folderCount returns how many folders there are below the prefix.
func (k keyspace) folderCount() int {
	return up(k.n, perNode) + up(k.n, perRegion) + up(k.n, perService)
}

// up returns n by size, rounded up.
func up(n, size int) int { return (n + size - 1) / size }

// within returns the keyspace below prefix whose keys and folders together are
// total, or one or two less.
func within(prefix string, total int) keyspace {
	k := keyspace{prefix: prefix, n: total}
	for k.n+k.folderCount() > total {
		k.n--
	}
	return k
}

// number returns the number of the key whose name is in text, as on a row of
// the tree; false if there is none.
func number(text string) (int, bool) {
	for _, word := range strings.Fields(text) {
		parts := strings.Split(word, "-")
		if len(parts) < 2 || len(parts[1]) != 7 {
			continue
		}
		if n, err := strconv.Atoi(parts[1]); err == nil {
			return n, true
		}
	}
	return 0, false
}
