// Command licenses writes THIRD_PARTY.md: the modules that are linked into kvist on any
// of its platforms, with their licences and the texts of these, which have to
// go with the binary. It recognises licences as pkg.go.dev does
// (github.com/google/licensecheck), and fails for one that is not on the list of
// those that kvist may be linked with. For a release it also writes the bill of
// materials, as CycloneDX JSON.
//
// It reads modules, texts and nothing else; it knows nothing of kvist.
package main
