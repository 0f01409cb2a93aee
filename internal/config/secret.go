package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"kvist/internal/printable"
)

// secretTimeout bounds a command that prints a secret. It is long enough for a
// person to unlock a password manager.
const secretTimeout = 30 * time.Second

// Secret says where a secret is. It holds the secret itself only if the
// environment of a native client did. At most one field is set.
type Secret struct {
	File    string   // a file that holds nothing else
	Env     string   // the name of an environment variable
	Command []string // a program and its arguments; it prints the secret
	given   string
}

// set reports whether the secret is anywhere.
func (s Secret) set() bool {
	return s.File != "" || s.Env != "" || len(s.Command) > 0 || s.given != ""
}

// or returns s, or other if s is not set.
func (s Secret) or(other Secret) Secret {
	if s.set() {
		return s
	}
	return other
}

// read fetches the secret; what is its name in errors, which never hold it.
// Line breaks at the end of a file or of a command's output are cut off, and so
// is a byte order mark. warning says who else can read it.
func (s Secret) read(ctx context.Context, what string, env Environ) (secret, warning string, err error) {
	switch {
	case s.File != "":
		return readSecretFile(what, s.File)
	case s.Env != "":
		secret, ok := env(s.Env)
		if !ok {
			return "", "", usagef("the environment variable for the %s (%s_env) is not set; name the variable there, never give the %s itself", what, what, what)
		}
		return secret, "", nil
	case len(s.Command) > 0:
		secret, err := runSecretCommand(ctx, what, s.Command)
		return secret, "", err
	}
	return s.given, "", nil
}

// readSecretFile reads a file that holds a secret.
func readSecretFile(what, name string) (secret, warning string, err error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return "", "", usagef("the %s cannot be read from its file: %w", what, err)
	}
	info, err := os.Stat(name)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		warning = fmt.Sprintf("the file of the %s, %s, can be read by others (mode %04o); chmod 600 keeps it private",
			what, quote(name), info.Mode().Perm()&fs.ModePerm)
	}
	secret = trimText(data)
	if secret == "" {
		return "", "", usagef("the file of the %s, %s, is empty", what, quote(name))
	}
	return secret, warning, nil
}

// runSecretCommand runs the command that prints a secret. Its standard error is
// for the person and is shown when it fails; its output is not.
func runSecretCommand(ctx context.Context, what string, command []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = WithoutSecrets(os.Environ())
	cmd.WaitDelay = time.Second // for the pipes that its own children hold
	var stdout, stderr bytes.Buffer
	cmd.Stdout = &stdout
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("no answer within %s", secretTimeout)
		}
		said := strings.TrimSpace(stderr.String())
		if said != "" {
			said = "; it says: " + printable.String(said)
		}
		return "", usagef("the command for the %s (%s_command) failed: %s%s", what, what, commandFault(err), said)
	}
	secret := trimText(stdout.Bytes())
	if secret == "" {
		return "", usagef("the command for the %s (%s_command) printed nothing", what, what)
	}
	return secret, nil
}

// commandFault returns why a command failed, without its name: a secret that
// was put there by mistake is not quoted.
func commandFault(err error) string {
	var start *exec.Error
	var path *fs.PathError
	switch {
	case errors.As(err, &start):
		err = start.Err
	case errors.As(err, &path):
		err = path.Err
	}
	return err.Error()
}

// byteOrderMark is what some editors write before a text.
const byteOrderMark = "\ufeff"

// trimText cuts off what editors and echo add to a text: a byte order mark
// before it and line breaks after it.
func trimText(data []byte) string {
	return strings.TrimRight(strings.TrimPrefix(string(data), byteOrderMark), "\r\n")
}
