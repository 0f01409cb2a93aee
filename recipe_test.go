package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kvist/internal/config"
	"kvist/kv/kvtest"
)

// mostPlaces is how many places a new backend may have to be named in, besides its own files.
const mostPlaces = 6

// The recipe for a backend names few places, and each of them names every backend there is.
func TestRecipeOfABackend(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n### A backend\n")
	section, _, _ = strings.Cut(section, "\n### ")
	places := regexp.MustCompile("(?m)^\\d+\\. `([^`]+)`").FindAllStringSubmatch(section, -1)
	if len(places) == 0 || len(places) > mostPlaces {
		t.Fatalf("%d places, want 1 to %d", len(places), mostPlaces)
	}
	version := regexp.MustCompile(`v\d+$`)
	for _, place := range places {
		text, err := os.ReadFile(place[1])
		if err != nil {
			t.Errorf("no such place: %v", err)
		}
		said := strings.ReplaceAll(strings.ToLower(string(text)), " ", "")
		for _, h := range kvtest.Backends() {
			name, _, _ := strings.Cut(h.Name, "-")
			if strings.HasPrefix(place[1], "scripts/") {
				name = version.ReplaceAllString(name, "") // one server has both APIs of etcd
			}
			if !strings.Contains(said, name) {
				t.Errorf("%s does not name %s", place[1], name)
			}
		}
	}
}

// The tests know every kind of store that addresses name, apart from those that are made of others.
func TestEveryKindOfStoreIsTested(t *testing.T) {
	for _, scheme := range config.Schemes() {
		tested := slices.ContainsFunc(kvtest.Backends(), func(h kvtest.Harness) bool { return h.Scheme == string(scheme) })
		if !tested && scheme != config.Etcd && scheme != config.Embedded {
			t.Errorf("no tests for %s", scheme)
		}
	}
}
