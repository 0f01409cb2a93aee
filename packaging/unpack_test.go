package packaging

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// member is a file in an archive or a package.
type member struct {
	mode    fs.FileMode
	content []byte
}

// unpacked returns the files in an archive or a package, by the paths in it without a slash at
// the beginning.
func unpacked(t *testing.T, path string) map[string]member {
	t.Helper()
	switch {
	case strings.HasSuffix(path, ".zip"):
		return inZip(t, path)
	case strings.HasSuffix(path, ".deb"):
		return inTar(t, bytes.NewReader(printed(t, "dpkg-deb", "--fsys-tarfile", path)))
	case strings.HasSuffix(path, ".rpm"):
		return inTar(t, bytes.NewReader(printed(t, "bsdtar", "--format=pax", "-cf", "-", "@"+path)))
	}
	f, err := os.Open(path) // a .tar.gz; an .apk is three of them behind each other
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return inTar(t, z)
}

// printed returns what a program of Debian prints. In continuous integration it may not be missing.
func printed(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

func inTar(t *testing.T, from io.Reader) map[string]member {
	t.Helper()
	found := map[string]member{}
	for r := tar.NewReader(from); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			add(t, found, h.Name, h.FileInfo().Mode(), r)
		}
	}
}

func inZip(t *testing.T, path string) map[string]member {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	found := map[string]member{}
	for _, f := range r.File {
		if f.FileInfo().IsDir() {
			continue
		}
		content, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		add(t, found, f.Name, f.Mode(), content)
		content.Close()
	}
	return found
}

func add(t *testing.T, to map[string]member, name string, mode fs.FileMode, from io.Reader) {
	t.Helper()
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	to[filepath.ToSlash(strings.TrimLeft(name, "./"))] = member{mode, content}
}
