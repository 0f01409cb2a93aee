package export

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Format is a format of files.
type Format string

// The formats.
const (
	JSONLines Format = "jsonl"
	Consul    Format = "consul"  // what consul kv export writes
	YAML      Format = "yaml"    //
	Directory Format = "dir"     // a file for each key
	Etcdctl   Format = "etcdctl" // commands, which are only written
	ZkCli     Format = "zkcli"   // the same for zkCli.sh
)

// Formats returns all formats that can be written.
func Formats() []string {
	return []string{string(JSONLines), string(Consul), string(YAML), string(Directory), string(Etcdctl), string(ZkCli)}
}

// Readable returns all formats that can be read.
func Readable() []string {
	return []string{string(JSONLines), string(Consul), string(YAML), string(Directory)}
}

// ByName returns the format that the name of a file means.
func ByName(file string) Format {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".json":
		return Consul
	case ".yaml", ".yml":
		return YAML
	case ".sh":
		return Etcdctl
	case ".zkcli":
		return ZkCli
	}
	if strings.HasSuffix(file, "/") {
		return Directory
	}
	return JSONLines
}

// NewWriter begins a file of a format, which is not Directory.
func NewWriter(f Format, to io.Writer, h Header) (Writer, error) {
	out := bufio.NewWriterSize(to, 64<<10)
	switch f {
	case JSONLines:
		return newLines(out, h)
	case Consul:
		return &consulWriter{out: out, header: h}, nil
	case YAML:
		return newYAML(out, h)
	case Etcdctl:
		return newEtcdctl(out, h)
	case ZkCli:
		return newZkCli(out, h)
	case Directory:
	}
	return nil, fmt.Errorf("there is no format %s; there are %s", f, strings.Join(Formats(), ", "))
}

// NewReader reads a file of a format; "" is the one that its beginning looks
// like.
func NewReader(f Format, from io.Reader) (Reader, error) {
	in := bufio.NewReaderSize(from, 64<<10)
	if err := skipMark(in); err != nil {
		return nil, err
	}
	if f == "" {
		f = guess(in)
	}
	switch f {
	case JSONLines:
		return readLines(in)
	case Consul:
		return readConsul(in)
	case YAML:
		return readYAML(in)
	case Etcdctl, ZkCli:
		return nil, unreadable("these are commands to run, which cannot be read back; the formats that can are " + strings.Join(Readable(), ", "))
	case Directory:
	}
	return nil, fmt.Errorf("a file of the format %s cannot be read; those that can are %s", f, strings.Join(Readable(), ", "))
}

// skipMark passes over the mark that some programs of Windows begin UTF-8 with, and refuses what is
// UTF-16.
func skipMark(in *bufio.Reader) error {
	begin, _ := in.Peek(len("\ufeff")) // nothing there is for the reader of the format to say
	switch {
	case string(begin) == "\ufeff":
		_, err := in.Discard(len(begin))
		return err
	case bytes.HasPrefix(begin, []byte("\xff\xfe")), bytes.HasPrefix(begin, []byte("\xfe\xff")):
		return unreadable("it is UTF-16, as an older PowerShell writes what is redirected; write the file as UTF-8")
	}
	return nil
}

// guess returns the format that a file looks like.
func guess(in *bufio.Reader) Format {
	begin, _ := in.Peek(4 << 10)
	switch begin = bytes.TrimLeft(begin, " \t\r\n"); {
	case bytes.HasPrefix(begin, []byte("# "+commandsBegin)) && bytes.Contains(begin, []byte(zkCliBegin)):
		return ZkCli
	case bytes.HasPrefix(begin, []byte("# "+commandsBegin)):
		return Etcdctl
	case bytes.HasPrefix(begin, []byte("[")):
		return Consul
	case bytes.HasPrefix(begin, []byte("{")):
		return JSONLines
	case len(begin) == 0:
		return JSONLines
	}
	return YAML
}
