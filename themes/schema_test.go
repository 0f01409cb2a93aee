package themes

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The schema takes the themes that the program takes, and refuses what it refuses.
func TestSchemaAgreesWithTheProgram(t *testing.T) {
	text, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("theme.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("theme.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, theme := range []string{
		"inherits = \"nord\"\naccent = \"#ff8800\"\n", "text = \"bright-red\"\n", "text = 255\n", "text = 256\n", "text = \"terminal\"\n",
		"text = \"#f80\"\n", "text = \"#f8\"\n", "text = \"reddish\"\n", "nothing = \"red\"\n", "name = \"\"\n", "text = true\n",
	} {
		_, program := Load([]byte(theme), "own.toml")
		var parsed any
		if err := toml.Unmarshal([]byte(theme), &parsed); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(number(t, parsed)); (err == nil) != (program == nil) {
			t.Errorf("%s\nthe schema: %v\nthe program: %v", theme, err, program)
		}
	}
}

// number returns a value as a JSON parser does.
func number(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
