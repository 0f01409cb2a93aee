package config

import (
	"slices"

	"kvist/kv"
	"kvist/themes"
)

// Entry describes a setting, for the schema, for the file that init writes and for
// what is in force.
type Entry struct {
	Name    string
	Doc     string // one sentence
	Example string // as TOML
	Default string // in words; "" if there is none
	Schema  map[string]any
}

// Shapes of values in a JSON schema.
func textShape() map[string]any { return map[string]any{"type": "string"} }
func boolShape() map[string]any { return map[string]any{"type": "boolean"} }
func listShape() map[string]any {
	return map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
}

func matching(pattern string) map[string]any {
	return map[string]any{"type": "string", "pattern": pattern}
}
func atLeast(n int) map[string]any { return map[string]any{"type": "integer", "minimum": n} }

const (
	durationPattern = `^([0-9]{1,5}d|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$`
	sizePattern     = `^[0-9]+ *(B|KiB|MiB|GiB)$`
)

// FileEntries are the settings at the top of the file, in the order in which they
// are best read. A theme's name is one of those that exist.
func FileEntries() []Entry {
	return []Entry{
		{"theme", "The theme of the explorer; your own are themes/NAME.toml beside this file.", `"nord"`, `"default"`, textShape()},
		{"confirm_count", "How many keys a plan may have to be carried out or undone by one key; for more, their number has to be typed.", "1000", "1000", atLeast(0)},
		{"restore", "Bring back at the next start what was open, and where the cursor was.", "true", "true", boolShape()},
		{"linear", "Print a line for each move instead of drawing a screen, for screen readers.", "true", "false", boolShape()},
		{"memory", "Memory for the keys of a store; if they need more, only open folders are followed.", `"512MiB"`, `"512MiB"`, matching(sizePattern)},
		{"journal_age", "How long the journal of your writes is kept.", `"30d"`, "30 days", matching(durationPattern)},
		{"journal_size", "How large all journals may be together; the oldest files go first.", `"256MiB"`, `"256MiB"`, matching(sizePattern)},
	}
}

// ProfileEntries are the settings of a profile.
func ProfileEntries() []Entry {
	timeout := kv.DefaultConnectionTimeout.String()
	return slices.Concat([]Entry{
		{"address", "The store, and the prefix that is the profile's root.", `"etcd://etcd-1:2379,etcd-2:2379/services"`, "", textShape()},
		{
			"colour", "The colour of its name: a word of the theme, such as red, or #rrggbb.", `"red"`, "",
			map[string]any{"anyOf": []any{map[string]any{"enum": themes.ColourWords()}, matching(themes.HexPattern)}},
		},
		{"read_only", "Refuse every write.", "true", "false", boolShape()},
		{"protected", "Ask for the profile's name before the first write.", "true", "false", boolShape()},
	}, loginEntries(), tlsEntries(), []Entry{
		{"datacenter", "Consul's datacenter.", `"dc2"`, "the agent's own", textShape()},
		{"timeout", "Timeout for reaching a server, and for each request.", `"` + timeout + `"`, timeout, matching(durationPattern)},
		{"ephemeral_ttl", "The TTL of the sessions and leases that kvist makes.", `"30s"`, "the store's", matching(durationPattern)},
		{"watch_budget", "Most watches to set on a ZooKeeper before 3.6.", "10000", "10000", atLeast(1)},
		{"memory", "As at the top of the file, for this profile.", `"1GiB"`, "that of the file", matching(sizePattern)},
		{
			"journal", "What the journal keeps of writes: full (values too), keys or off.", `"full"`, `"full"`,
			map[string]any{"enum": []string{string(JournalFull), string(JournalKeys), string(JournalOff)}},
		},
		{"mask", "Prefixes below which values are shown as dots until they are revealed, and not kept by the journal.", `["secrets/"]`, "", listShape()},
		{"journal_hide", "Prefixes below which the journal keeps no values.", `["secrets/"]`, "", listShape()},
	})
}

func loginEntries() []Entry {
	return []Entry{
		{"user", "The user to log in as.", `"alice"`, "", textShape()},
		{"password_file", "The file that holds the password.", `"alice.password"`, "", textShape()},
		{"password_env", "The environment variable that holds the password.", `"ETCD_PASSWORD"`, "", textShape()},
		{"password_command", "The command that prints the password.", `["pass", "show", "etcd/prod"]`, "", listShape()},
		{"token_file", "The file that holds Consul's ACL token.", `"audit.token"`, "", textShape()},
		{"token_env", "The environment variable that holds the token.", `"CONSUL_AUDIT_TOKEN"`, "", textShape()},
		{"token_command", "The command that prints the token.", `["vault", "read", "-field=token", "consul/creds/audit"]`, "", listShape()},
	}
}

func tlsEntries() []Entry {
	return []Entry{
		{"tls", "Whether to speak TLS; ca, cert and server_name imply it.", "true", "false", boolShape()},
		{"ca", "PEM file of the certificates to trust.", `"prod-ca.pem"`, "the system's", textShape()},
		{"cert", "PEM file of the client certificate.", `"me.pem"`, "", textShape()},
		{"key", "PEM file of the client certificate's key.", `"me-key.pem"`, "", textShape()},
		{"server_name", "The name to expect in the server's certificate.", `"etcd.internal"`, "the address's", textShape()},
		{"insecure_skip_verify", "Accept any certificate. Anybody on the way can then impersonate the server.", "false", "false", boolShape()},
	}
}

// Schema returns the JSON schema of the file. The bindings of keys are those of
// package keymap: scopes with the names of their actions.
func Schema(bindings map[string][]string) map[string]any {
	file := properties(FileEntries())
	file["profile"] = map[string]any{
		"description": "Stores by name: kvist NAME opens one.", "type": "object",
		"patternProperties": map[string]any{validName.String(): map[string]any{
			"type": "object", "properties": properties(ProfileEntries()), "required": []string{"address"}, "additionalProperties": false,
		}},
		"additionalProperties": false,
	}
	scopes := map[string]any{}
	for scope, actions := range bindings {
		known := map[string]any{}
		for _, action := range actions {
			known[action] = map[string]any{"oneOf": []any{textShape(), listShape()}}
		}
		scopes[scope] = map[string]any{"type": "object", "properties": known, "additionalProperties": false}
	}
	file["keys"] = map[string]any{"description": "Keys of actions, by scope.", "type": "object", "properties": scopes, "additionalProperties": false}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "kvist's config.toml",
		"type": "object", "properties": file, "additionalProperties": false,
	}
}

func properties(entries []Entry) map[string]any {
	all := map[string]any{}
	for _, e := range entries {
		shape := map[string]any{"description": e.Doc}
		for k, v := range e.Schema {
			shape[k] = v
		}
		if e.Default != "" {
			shape["description"] = e.Doc + " Default: " + e.Default + "."
		}
		all[e.Name] = shape
	}
	return all
}
