// Package schematest checks TOML texts against a JSON schema, by a validator that
// knows nothing of kvist. It is for tests alone; what a schema says is up to the
// packages that make them: config and themes.
package schematest
