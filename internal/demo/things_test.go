package demo_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"kvist/internal/demo"
	"kvist/internal/format"
	"kvist/kv"
)

// The cluster has what there is to see: two environments that differ a little, a long
// JSON in one line, tabs that must stay, a certificate that somebody has to renew,
// something compressed, a secret, and an object of Kubernetes.
func TestWhatThereIsToSee(t *testing.T) {
	_, s := start(t, demo.Options{})
	value := func(t *testing.T, key string) []byte {
		t.Helper()
		pair, err := s.Get(key)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Value
	}
	t.Run("two environments", func(t *testing.T) { twoEnvironments(t, list(t, s)) })
	t.Run("one line of JSON", func(t *testing.T) {
		v := value(t, "config/billing/plans.json")
		if !json.Valid(v) || bytes.ContainsAny(v, "\n") || len(v) < 200 {
			t.Errorf("%s", v)
		}
	})
	t.Run("a Makefile", func(t *testing.T) {
		if v := value(t, "templates/build/Makefile"); !bytes.Contains(v, []byte("\n\tdocker")) {
			t.Errorf("no tabs: %s", v)
		}
	})
	t.Run("a certificate", func(t *testing.T) { endsSoon(t, value(t, "config/web/www.crt"), value(t, demo.Secrets+"www.key")) })
	t.Run("something compressed", func(t *testing.T) {
		packed := value(t, "config/search/stopwords.txt.gz")
		if says := format.Describe(format.Detect("", packed), packed); !strings.HasPrefix(says, "binary, gzip, ") {
			t.Errorf("it is %s", says)
		}
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		if words, err := io.ReadAll(r); err != nil || !strings.HasPrefix(string(words), "a\nabout\n") {
			t.Errorf("%s, %v", words, err)
		}
	})
	t.Run("a secret", func(t *testing.T) {
		if v := value(t, demo.Secrets+"db/shop.password"); format.Detect("", v) != format.Text || len(v) < 16 {
			t.Errorf("%q", v)
		}
	})
	t.Run("an object of Kubernetes", func(t *testing.T) {
		v := value(t, "registry/configmaps/shop/web-settings")
		if says := format.Describe(format.Detect("", v), v); !strings.Contains(says, "Kubernetes object") {
			t.Errorf("it is %s", says)
		}
		stored := bytes.TrimPrefix(v, []byte("k8s\x00"))
		for want, path := range map[string][]protowire.Number{ // as in generated.proto of Kubernetes
			"v1": {1, 1}, "ConfigMap": {1, 2}, "web-settings": {2, 1, 1}, "shop": {2, 1, 3}, "LOG_LEVEL": {2, 2, 1}, "info": {2, 2, 2},
		} {
			if got := field(t, stored, path); string(got) != want {
				t.Errorf("field %v is %q, want %q", path, got, want)
			}
		}
	})
}

// Each key that the documents name in the embedded store is there.
func TestDocsOfTheCluster(t *testing.T) {
	page, err := os.ReadFile("../../docs/addresses.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## The embedded store\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, s := start(t, demo.Options{Still: true})
	var keys []string
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) > 2 && strings.Contains(cells[1], "`") {
			keys = append(keys, strings.Split(strings.Trim(cells[1], " `"), "`, `")...)
		}
	}
	for _, key := range keys {
		if pairs, err := s.List(key); strings.HasSuffix(key, "/") && (err != nil || len(pairs) == 0) {
			t.Errorf("%s is empty: %v", key, err)
		}
		if _, err := s.Get(key); !strings.HasSuffix(key, "/") && err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	if len(keys) < 10 {
		t.Errorf("the page names only %q", keys)
	}
}

// twoEnvironments checks that most keys are the same, some differ, and each side has
// one of its own.
func twoEnvironments(t *testing.T, all []*kv.KVPair) {
	t.Helper()
	staging := map[string]string{}
	for _, p := range all {
		if key, ok := strings.CutPrefix(p.Key, "envs/staging/"); ok {
			staging[key] = string(p.Value)
		}
	}
	same, differ, onlyProd := 0, 0, 0
	for _, p := range all {
		key, ok := strings.CutPrefix(p.Key, "envs/prod/")
		if !ok {
			continue
		}
		there, has := staging[key]
		delete(staging, key)
		switch {
		case !has:
			onlyProd++
		case there == string(p.Value):
			same++
		default:
			differ++
		}
	}
	if same < 2 || differ < 2 || onlyProd < 1 || len(staging) < 1 {
		t.Errorf("%d same, %d differ, %d only in prod, only in staging: %v", same, differ, onlyProd, staging)
	}
}

// endsSoon checks that a certificate and its key belong together, and that the
// certificate is valid now and ends within two weeks.
func endsSoon(t *testing.T, certificate, key []byte) {
	t.Helper()
	if says := format.Describe(format.Detect("", certificate), certificate); !strings.Contains(says, ", a certificate of www.example.org until 20") {
		t.Errorf("it is %s", says)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: "www.example.org", Roots: roots}); err != nil {
		t.Error(err)
	}
	if left := time.Until(pair.Leaf.NotAfter); left < 24*time.Hour || left > 14*24*time.Hour {
		t.Errorf("it ends in %v", left)
	}
}

// field returns the first field at a path of numbers in a message.
func field(t *testing.T, message []byte, path []protowire.Number) []byte {
	t.Helper()
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		message = message[n:]
		if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		if number == path[0] && kind == protowire.BytesType {
			inner, _ := protowire.ConsumeBytes(message)
			if len(path) == 1 {
				return inner
			}
			return field(t, inner, path[1:])
		}
		message = message[n:]
	}
	t.Fatalf("there is no field %v", path)
	return nil
}
