// Package export writes keys to files and reads them back: pure writers and
// readers, one entry after the other.
//
// The format for everything is JSON lines. The first line says what the file
// is, then come the keys in the order of their bytes, and the last line counts
// them, so that a file that was cut off is noticed:
//
//	{"kvist":"export","v":1,"store":"etcd v3","prefix":"config/"}
//	{"key":"web/limits","value":"10\n"}
//	{"key":"web/logo","value64":"iVBORw0KGgo=","flags":42}
//	{"end":2}
//
// Keys are named relative to the prefix. The key that is the prefix itself,
// without a slash, has "own":true and no name. Keys and values are text where
// they are UTF-8, else base64 in key64 and value64. Characters that a terminal
// acts on are escaped. What else a key may have is in these fields, which are
// left out where they are empty:
//
//	type   "directory", "ephemeral", "container" or "ttl"
//	flags  Consul's
//	owner  the session or lease, as the store's own tools print it
//	ttl    the life granted to the key or its lease, such as "30s"
//	acl    ZooKeeper's, each scheme:id:rights
//
// There are no times and no indexes in it, so that the same keys make the same
// file. The other formats are what `consul kv export` writes, YAML, a directory
// of files, and commands for etcdctl and zkCli.sh, which can only be written.
//
// The package knows what a node is, but opens no store and decides nothing
// about what is written to one: its [Source] is read by package transfer, and
// [Out] writes what that reads.
package export
