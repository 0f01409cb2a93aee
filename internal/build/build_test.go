package build

import (
	"runtime/debug"
	"testing"
)

func TestString(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v0.0.0-20261128100000-0123456789ab+dirty"}}
	for _, s := range [][2]string{
		{"GOOS", "linux"}, {"GOARCH", "arm64"}, {"vcs.revision", "0123456789abcdef0123"}, {"vcs.time", "2026-11-28T10:00:00Z"}, {"vcs.modified", "true"},
	} {
		info.Settings = append(info.Settings, debug.BuildSetting{Key: s[0], Value: s[1]})
	}
	for _, c := range []struct {
		name  string
		info  *debug.BuildInfo
		stamp stamp
		want  string
	}{
		{"a build from a checkout", info, stamp{}, "v0.0.0-20261128100000-0123456789ab+dirty (commit 0123456789ab, changed of 2026-11-28, go1.26.8 linux/arm64)"},
		{"a release", info, stamp{"1.2.3", "fedcba9876543210", "2026-12-01T00:00:00Z"}, "1.2.3 (commit fedcba987654 of 2026-12-01, go1.26.8 linux/arm64)"},
		{"a release from an archive", info, stamp{version: "1.2.3"}, "1.2.3 (go1.26.8 linux/arm64)"},
		{"no build information", &debug.BuildInfo{}, stamp{}, "unknown ( /)"},
	} {
		if got := describe(c.info, c.stamp).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestThis(t *testing.T) {
	if b := This(); b.Go == "" || len(b.Platform) < 3 || b.Version == "" {
		t.Errorf("%+v", b)
	}
}
