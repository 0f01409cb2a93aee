// Package packaging tests what a release is made of: that every file is there, is what its name
// says, and holds what belongs into it.
//
// It holds the files that go into packages, and tests of the files in dist/, which
// scripts/release-check runs; how a release is made is in .goreleaser.yaml.
package packaging
