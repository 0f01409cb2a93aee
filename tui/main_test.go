package tui

import (
	"os"
	"testing"

	"kvist/kv/kvtest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashVar); dir != "" {
		crash(dir)
		return
	}
	kvtest.Main(m)
}
