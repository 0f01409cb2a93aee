package config

import (
	"fmt"
	"strings"
)

// SchemaName is the name of the schema's file, beside the settings.
const SchemaName = "config.schema.json"

// Template returns a settings file in which everything is explained and nothing
// is set.
func Template() string {
	var b strings.Builder
	b.WriteString("#:schema ./" + SchemaName + "\n# Settings of kvist. Lines that begin with # are not in force.\n\n")
	for _, e := range FileEntries() {
		e.explain(&b)
	}
	b.WriteString("# Keys of the explorer; kvist's help (?) and docs/keys.md name scopes and actions.\n# [keys.tree]\n# \"tree.open\" = [\"l\", \"right\", \"o\"]\n\n")
	b.WriteString("# A store by name: kvist prod opens this one. Plain kvist lists them all, and the\n# cursor begins on the one called default, or else on the one used last.\n# [profile.prod]\n\n")
	for _, e := range ProfileEntries() {
		e.explain(&b)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// explain writes a setting as a comment.
func (e Entry) explain(b *strings.Builder) {
	b.WriteString("# " + e.Doc)
	if e.Default != "" {
		b.WriteString(" Default: " + e.Default + ".")
	}
	fmt.Fprintf(b, "\n# %s = %s\n\n", e.Name, e.Example)
}
