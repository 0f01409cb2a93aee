package etcdv2

import (
	"errors"
	"iter"
	"strings"
	"unicode/utf8"
)

// Path returns the path of a key's node: "/a/b" for "a/b", "/a/b" and "a/b/". The client and the
// server clean paths, so Path refuses a key that would come out as another one. It also refuses
// text that is not UTF-8, which JSON cannot carry.
func Path(key string) (string, error) {
	path, err := Dir(key)
	if err == nil && path == "/" {
		return "", errors.New("the root of the store is no key")
	}
	return path, err
}

// Dir is Path, but takes "" for the whole store, which is "/".
func Dir(prefix string) (string, error) {
	if prefix == "" || prefix == "/" {
		return "/", nil
	}
	if !utf8.ValidString(prefix) {
		return "", errors.New("not UTF-8")
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(prefix, "/"), "/")
	for segment := range strings.SplitSeq(bare, "/") {
		switch segment {
		case "":
			return "", errors.New("an empty path segment")
		case ".", "..":
			return "", errors.New("the path segment " + segment)
		}
	}
	return "/" + bare, nil
}

// Key returns the key of a node.
func Key(path string) string { return strings.TrimPrefix(path, "/") }

// Below returns what path adds to dir, without the slash between. It returns false if path is not
// below dir.
func Below(dir, path string) (string, bool) {
	if dir == "/" {
		return strings.CutPrefix(path, "/")
	}
	return strings.CutPrefix(path, dir+"/")
}

// Parents returns the directories below dir that hold a node below it, the outermost first.
func Parents(dir, path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		below, _ := Below(dir, path)
		start := len(path) - len(below)
		for i := start; i < len(path); i++ {
			if path[i] == '/' && !yield(path[:i]) {
				return
			}
		}
	}
}
