package themes

import (
	"testing"

	"kvist/internal/settings/schematest"
)

// The schema takes the themes that the program takes, and refuses what it refuses.
func TestSchemaAgreesWithTheProgram(t *testing.T) {
	load := func(text string) error { _, err := Load([]byte(text), "own.toml"); return err }
	schematest.Agree(t, Schema(), load,
		"inherits = \"nord\"\naccent = \"#ff8800\"\n", "text = \"bright-red\"\n", "text = 255\n", "text = 256\n", "text = -1\n", "text = \"terminal\"\n",
		"text = \"#f80\"\n", "text = \"#f8\"\n", "text = \"reddish\"\n", "nothing = \"red\"\n", "name = \"\"\n", "name = \"dusk\"\n", "name = 5\n",
		"text = true\n", "text = [\"red\"]\n", "inherits = 5\n", "inherits = \"nrod\"\n", "[text]\na = 1\n", "")
}
