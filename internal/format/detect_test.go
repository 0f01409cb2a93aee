package format

import (
	"errors"
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, key, value string
		want             Format
	}{
		{"nothing", "a", "", Empty},
		{"an object", "a", `{"a": 1}`, JSON},
		{"a list", "a", "[1, 2]\n", JSON},
		{"a lone number", "a", "42", Text},
		{"a lone number in a .json", "a.json", "42", JSON},
		{"a quoted word", "a", `"word"`, Text},
		{"a broken .json", "conf/a.json", `{"a": 1,}x`, JSON},
		{"a .json that YAML would take", "a.json", `{"a":1,}`, JSON},
		{"a .json with a number that is none", "a.json", `{"a":NaN}`, JSON},
		{"a .toml that is HCL", "a.toml", "job \"x\" {\n}\n", TOML},
		{"a .yaml with a tab", "a.yaml", "a:\n\tb: 1\n", YAML},
		{"a .tf in JSON", "a.tf", `{"a": {"b": 1}}`, JSON},
		{"a .properties in XML", "a.properties", "<a><b/></a>", XML},
		{"braces that are no JSON", "a", `{a`, Text},
		{"a template", "a", "{{ .Values.image }}", Text},
		{"a map", "a", "a: 1\nb: [x]\n", YAML},
		{"a list of lines", "a", "- a\n- b\n", YAML},
		{"two documents", "a", "---\na: 1\n---\nb: 2\n", YAML},
		{"an anchored root", "a", "&x\na: 1\n", YAML},
		{"plain words", "a", "hello world", Text},
		{"an address", "a", "http://localhost:2379/v2?a=b", Text},
		{"host and port", "a", "localhost:8080", Text},
		{"a time", "a", "10:30", Text},
		{"words in a .yaml", "a.yaml", "hello", YAML},
		{"a flow list", "a", "[x]", YAML},
		{"an empty table", "a.toml", "[x]", TOML},
		{"tables", "a", "[server]\nport = 80\n", TOML},
		{"attributes", "a", "a = \"x\"\nb = 2\n", TOML},
		{"a job", "a", "job \"web\" {\n  count = 2\n}\n", HCL},
		{"an .hcl without blocks", "a.hcl", "count = 2\n", HCL},
		{"a property", "a", "a=b", Properties},
		{"properties", "a", "# c\nserver.port=80\nserver.host = example.com\n", Properties},
		{"a shell environment", "a", "export A=b\nC=d e\n", Properties},
		{"base64", "a", "aGVsbG8gd29ybGQ=", Text},
		{"base64 with two", "a", "aGVsbG8gd29ybA==", Text},
		{"a document", "a", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a><b/></a>\n", XML},
		{"an open element", "a", "<a><b></a>", Text},
		{"two roots", "a", "<a/><b/>", Text},
		{"an angle", "a", "<unset>", Text},
		{"a NUL", "a", "a\x00b", Binary},
		{"no UTF-8", "a", "caf\xe9", Binary},
		{"a NUL in a .json", "a.json", "{\"a\": \"\x00\"}", Binary},
		{"mostly control characters", "a", "\x01\x02\x03abc", Binary},
		{"a coloured log line", "a", "\x1b[31mred\x1b[0m and much more text after it", Text},
		{"a folder's value", "a.json/", `{"a": 1}`, JSON},
		{"an upper extension", "A.YML", "a", YAML},
		{"blanks", "a", " \n\t", Text},
	} {
		if got := Detect(c.key, []byte(c.value)); got != c.want {
			t.Errorf("%s: %q in %q is %s, want %s", c.name, c.value, c.key, got, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		f            Format
		value        string
		line, column int
		says         string
	}{
		{JSON, `{"a": 1}`, 0, 0, ""},
		{JSON, "{\n  \"é\": x\n}", 2, 8, "invalid character 'x'"},
		{JSON, `{"a": 1`, 1, 8, "unexpected end"},
		{JSON, "{} {}", 1, 4, "after top-level value"},
		{YAML, "a: 1\nb: 2\n", 0, 0, ""},
		{YAML, "a: [1\nb: 2\n", 2, 1, "must be specified"},
		{YAML, "a: 1\na: 2\n", 2, 1, "already defined"},
		{TOML, "a = 1\n", 0, 0, ""},
		{TOML, "a = 1\nb = \n", 2, 0, ""},
		{XML, "<a>x</a>\n", 0, 0, ""},
		{XML, "<a>\n<b></a>", 2, 0, "b"},
		{XML, "<a/>x", 1, 0, "outside"},
		{XML, "<a/><b/>", 0, 0, "exactly one root"},
		{HCL, "a = 1\nb \"x\" {\n}\n", 0, 0, ""},
		{HCL, "a = 1\nb = \n", 2, 0, ""},
		{Properties, "a=1\n# c\nb: 2\nlong=x\\\n y\n", 0, 0, ""},
		{Properties, "a=1\nword\n", 2, 0, "no = or :"},
		{Properties, "=1\n", 1, 0, "no key"},
		{Text, "{", 0, 0, ""},
		{Binary, "\x00", 0, 0, ""},
		{Empty, "", 0, 0, ""},
	} {
		err := Validate(c.f, []byte(c.value))
		valid := c.says == "" && c.line == 0
		if (err == nil) != valid {
			t.Errorf("%s %q: %v", c.f, c.value, err)
		}
		var e *Error
		if !errors.As(err, &e) {
			continue
		}
		if c.line != 0 && e.Line != c.line || c.column != 0 && e.Column != c.column || !strings.Contains(e.Error(), c.says) {
			t.Errorf("%s %q: want line %d, column %d and %q: %v", c.f, c.value, c.line, c.column, c.says, err)
		}
		if strings.Contains(e.Reason, "\n") || !strings.HasPrefix(err.Error(), c.f.String()+": ") {
			t.Errorf("%s %q: the error reads %q", c.f, c.value, err)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		f     Format
		value string
		want  string
	}{
		{Empty, "", "empty"},
		{Binary, "\x00\x01\x02abcdefghi", "binary, 12 B"},
		{Binary, "k8s\x00" + strings.Repeat("\xff", 2044), "binary, a Kubernetes object, 2.0 KiB"},
		{JSON, ` {"a": {"b": 1}, "c": 2, "d": 3}`, "JSON, 3 keys"},
		{JSON, `[1, [2]]`, "JSON, a list of 2"},
		{JSON, `{"a": `, "JSON, not valid at line 1"},
		{YAML, "a: 1\nb: [\n", "YAML, not valid at line 2"},
		{TOML, "a = 1\nb =\n", "TOML, not valid at line 2"},
		{XML, "<a>\n</b>", "XML, not valid at line 2"},
		{JSON, `7`, "JSON"},
		{YAML, "a: 1\n", "YAML, 1 key"},
		{YAML, "a: 1\nb: 1\n", "YAML, 2 keys"},
		{YAML, "- 1\n- 2\n", "YAML, a list of 2"},
		{YAML, "a: 1\n---\nb: 1\n", "YAML, 2 documents"},
		{TOML, "a = 1\n[b]\nc = 1\n", "TOML, 2 keys"},
		{HCL, "a \"b\" {\n}\n", "HCL, 1 block"},
		{Properties, "a=1\nb=2\n", "properties, 2 keys"},
		{Text, "a\nb\n", "text, 2 lines"},
		{Text, "a", "text, 1 line"},
		{XML, "<a>\n</a>", "XML, 2 lines"},
	} {
		if got := Describe(c.f, []byte(c.value)); got != c.want {
			t.Errorf("%s %q is described as %q, want %q", c.f, c.value, got, c.want)
		}
	}
}
