package schematest

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Agree fails where a schema and the program do not agree about a text: both
// take it, or both refuse it.
func Agree(t *testing.T, schema any, program func(text string) error, texts ...string) {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", asJSON(t, schema)); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, text := range texts {
		var doc any
		if err := toml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		bySchema, byProgram := compiled.Validate(asJSON(t, doc)), program(text)
		if (bySchema == nil) != (byProgram == nil) {
			t.Errorf("%s\nthe schema: %v\nthe program: %v", text, bySchema, byProgram)
		}
		if bySchema == nil {
			taken++
		}
	}
	if taken == 0 || taken == len(texts) {
		t.Errorf("of %d texts %d are taken; there is nothing to tell apart", len(texts), taken)
	}
}

// asJSON returns a value as a JSON parser reads it.
func asJSON(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
