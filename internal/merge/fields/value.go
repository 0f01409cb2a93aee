package fields

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/goccy/go-yaml"
	"github.com/pelletier/go-toml/v2"

	"kvist/internal/format"
)

// decode returns what a text says.
func decode(kind format.Format, text []byte) (any, bool) {
	var v any
	switch kind {
	case format.JSON:
		if _, ok := takeJSON(text); !ok {
			return nil, false // a name twice, which the decoder accepts
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		return v, dec.Decode(&v) == nil
	case format.YAML:
		return v, yaml.Unmarshal(text, &v) == nil
	case format.TOML:
		fields := map[string]any{}
		err := toml.Unmarshal(text, &fields)
		return any(fields), err == nil
	}
	return nil, false
}

// decodable reports whether all texts are of the format, with no field twice.
func decodable(kind format.Format, texts ...[]byte) bool {
	for _, text := range texts {
		if _, ok := decode(kind, text); !ok {
			return false
		}
	}
	return true
}

// holds reports whether a text says exactly what is wanted.
func holds(kind format.Format, text []byte, wanted any) bool {
	v, ok := decode(kind, text)
	return ok && reflect.DeepEqual(v, wanted)
}

// mergedValue returns what both sides together made of base, and whether they
// go together.
func mergedValue(kind format.Format, base, mine, theirs []byte) (any, bool) {
	b, ok1 := decode(kind, base)
	m, ok2 := decode(kind, mine)
	t, ok3 := decode(kind, theirs)
	if !ok1 || !ok2 || !ok3 {
		return nil, false
	}
	return mergeValues(b, m, t)
}

// mergeValues merges what three texts say.
func mergeValues(base, mine, theirs any) (any, bool) {
	b, ok1 := base.(map[string]any)
	m, ok2 := mine.(map[string]any)
	t, ok3 := theirs.(map[string]any)
	switch {
	case ok1 && ok2 && ok3:
		return mergeMaps(b, m, t)
	case reflect.DeepEqual(base, theirs), reflect.DeepEqual(mine, theirs):
		return mine, true
	case reflect.DeepEqual(base, mine):
		return theirs, true
	}
	return nil, false
}

// absent stands for a field that is not there.
type absent struct{}

// mergeMaps is mergeValues for the fields of a mapping.
func mergeMaps(base, mine, theirs map[string]any) (map[string]any, bool) {
	out := map[string]any{}
	for _, names := range []map[string]any{base, mine, theirs} {
		for name := range names {
			if _, done := out[name]; done {
				continue
			}
			v, ok := mergeValues(field(base, name), field(mine, name), field(theirs, name))
			if !ok {
				return nil, false
			}
			out[name] = v
		}
	}
	for name, v := range out {
		if v == (absent{}) {
			delete(out, name)
		}
	}
	return out, true
}

func field(of map[string]any, name string) any {
	if v, ok := of[name]; ok {
		return v
	}
	return absent{}
}
