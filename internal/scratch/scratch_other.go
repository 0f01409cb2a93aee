//go:build !unix

package scratch

import (
	"io"
	"io/fs"
	"os"
)

// hold does nothing: here it must be enough to know whether the program that
// made a directory lives.
func hold(string) (io.Closer, error) { return nothing{}, nil }

type nothing struct{}

func (nothing) Close() error { return nil }

// alive reports whether there may be a process with this number.
func alive(pid int) bool {
	_, err := os.FindProcess(pid)
	return err == nil
}

// private reports whether info is of a directory: the directory for temporary
// files is the user's own here.
func private(info fs.FileInfo) bool { return info.IsDir() }

// holdFile does nothing, as hold.
func holdFile(*os.File) error { return nil }

// mine reports false: here nothing says whether the program that made a file lives.
func mine(fs.FileInfo) bool { return false }
