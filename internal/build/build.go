package build

import (
	"runtime/debug"
	"time"
)

// What a release stamps with -ldflags "-X kvist/internal/build.version=1.2.3 …".
var version, commit, date string

// Info describes a build.
type Info struct {
	Version  string `json:"version"`          // "1.2.3", or what the go command made of the commit
	Commit   string `json:"commit,omitempty"` // the whole hash
	Changed  bool   `json:"changed,omitempty"`
	Date     string `json:"date,omitempty"` // of the commit, RFC 3339
	Go       string `json:"go"`
	Platform string `json:"platform"` // "linux/amd64"
}

// This returns what is known of the running program.
func This() Info {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return describe(info, stamp{version, commit, date})
}

// stamp is what a release says of itself.
type stamp struct{ version, commit, date string }

func describe(info *debug.BuildInfo, s stamp) Info {
	set := map[string]string{}
	for _, one := range info.Settings {
		set[one.Key] = one.Value
	}
	b := Info{
		Version: info.Main.Version, Commit: set["vcs.revision"], Changed: set["vcs.modified"] == "true", Date: set["vcs.time"],
		Go: info.GoVersion, Platform: set["GOOS"] + "/" + set["GOARCH"],
	}
	if s.version != "" {
		b.Version, b.Commit, b.Date, b.Changed = s.version, s.commit, s.date, false
	}
	if b.Version == "" {
		b.Version = "unknown"
	}
	return b
}

// String returns the build in a line.
func (b Info) String() string {
	about := b.Go + " " + b.Platform
	if b.Commit != "" {
		changed := ""
		if b.Changed {
			changed = ", changed"
		}
		about = "commit " + b.Commit[:min(12, len(b.Commit))] + changed + " of " + b.day() + ", " + about
	}
	return b.Version + " (" + about + ")"
}

// day returns the date without the time of day.
func (b Info) day() string {
	if at, err := time.Parse(time.RFC3339, b.Date); err == nil {
		return at.UTC().Format(time.DateOnly)
	}
	return "an unknown day"
}
