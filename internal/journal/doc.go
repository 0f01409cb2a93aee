// Package journal keeps a record of every write that kvist makes, so that it
// can be undone: what was written, what it replaced, and how it ended.
//
// A journal is a directory of files of JSON lines, one directory for each
// store, readable with less and jq:
//
//	{"v":1,"store":{"backend":"etcdv3","id":"cdf818194e3a8c32","addresses":["10.0.0.1:2379"]},"time":"…"}
//	{"v":1,"id":"h3k…-1","time":"…","op":"atomicput","key":"config/web","before":{"value":"10","index":41},"after":{"value":"20"}}
//	{"v":1,"end":"h3k…-1","time":"…","outcome":"done","index":42}
//
// A record is on the disk before its write is sent; its end is a line of its
// own, so that a file is only ever appended to. A record without an end is of
// a write whose outcome nobody knows (see [Journal.Orphans]). An end that says late is
// of a record that had one: what the store showed later of a write to which no answer
// had come.
//
// Keys and values are text where they are UTF-8, else base64 in key64 and
// value64. The package knows what a record says but neither sends nor undoes
// writes.
package journal
