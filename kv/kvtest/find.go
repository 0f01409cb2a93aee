package kvtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// missingError reports a program or library that the tests need and that is not
// installed.
type missingError struct{ what string }

func (e *missingError) Error() string {
	return e.what + " is not installed; scripts/setup installs it on Debian 12"
}

// report skips the test; in continuous integration, where nothing may stay
// untested unnoticed, it fails the test.
func (e *missingError) report(t testing.TB) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(e)
	}
	t.Skip(e)
}

// program finds an executable: in the repository's .tools/bin, else on PATH.
func program(name string) (string, error) {
	if root, err := repositoryRoot(); err == nil {
		path := filepath.Join(root, ".tools", "bin", name)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", &missingError{name}
	}
	return path, nil
}

// repositoryRoot returns the directory with go.mod, at or above the working
// directory.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod at or above the working folder")
		}
		dir = up
	}
}

// javaLibraries is where Debian installs Java libraries.
const javaLibraries = "/usr/share/java"

// library finds one of Debian's Java libraries.
func library(name string) (string, error) {
	path := filepath.Join(javaLibraries, name)
	if _, err := os.Stat(path); err != nil {
		return "", &missingError{path + " (of ZooKeeper)"}
	}
	return path, nil
}
