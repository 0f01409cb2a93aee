package themes

// SchemaName is the name of the schema's file, in the directory above the themes.
const SchemaName = "theme.schema.json"

// Schema returns the JSON schema of a theme's file.
func Schema() map[string]any {
	colour := map[string]any{"anyOf": []any{
		map[string]any{"enum": append(ansiNames(), "terminal")},
		map[string]any{"type": "string", "pattern": HexPattern},
		map[string]any{"type": "integer", "minimum": 0, "maximum": 255},
	}}
	all := map[string]any{
		"inherits": map[string]any{"enum": Names(), "description": "The theme that this one changes."},
		"name":     map[string]any{"type": "string", "description": "Its name, if that is not the file's.", "minLength": 1},
	}
	for _, name := range tintNames {
		all[name] = colour
	}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "a theme of kvist",
		"type": "object", "properties": all, "additionalProperties": false,
	}
}
