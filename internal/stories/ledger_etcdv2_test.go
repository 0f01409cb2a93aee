package stories

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// v2Ledger speaks to etcd's v2 API by plain HTTP.
type v2Ledger struct {
	*testing.T
	server string
}

// v2Node is a node of an answer.
type v2Node struct {
	Key, Value string
	Dir        bool
	TTL        int
	Nodes      []v2Node
}

// ask sends a request; form is its body.
func (l *v2Ledger) ask(method, key string, form url.Values) v2Node {
	l.Helper()
	target := "http://" + l.server + "/v2/keys/" + key
	req, err := http.NewRequestWithContext(l.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		l.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	var answer struct{ Node v2Node }
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil || resp.StatusCode >= http.StatusBadRequest {
		l.Fatalf("%s %s: %v, %s", method, key, err, text)
	}
	return answer.Node
}

// adorn puts keys with a TTL, and folders, of which one has a TTL and one nothing
// in it.
func (l *v2Ledger) adorn(folder string) {
	l.Helper()
	l.ask(http.MethodPut, folder+"/special", url.Values{"dir": {"true"}, "ttl": {"3000"}})
	l.ask(http.MethodPut, folder+"/special/empty", url.Values{"dir": {"true"}})
	for i := range specials {
		l.ask(http.MethodPut, fmt.Sprintf("%s/special/%d", folder, i), url.Values{"value": {"tab\t\"é\"\n"}, "ttl": {"3600"}})
	}
}

func (l *v2Ledger) dress(key string) {
	l.Helper()
	l.ask(http.MethodPut, key, url.Values{"value": {"value with a TTL"}, "ttl": {"3600"}})
}

// lock is a place in a queue of keys with a TTL: the API has no lock of its own.
func (l *v2Ledger) lock(key string) {
	l.Helper()
	l.ask(http.MethodPost, key, url.Values{"value": {"worker"}, "ttl": {"3600"}})
}

func (l *v2Ledger) revoke() {}

func (l *v2Ledger) facts(prefix string) map[string]fact {
	l.Helper()
	facts := map[string]fact{}
	level := l.ask(http.MethodGet, prefix+"?recursive=true&quorum=true", nil).Nodes
	for len(level) > 0 {
		n := level[0]
		kind := "key"
		if n.Dir {
			kind = "folder"
		}
		facts[strings.TrimPrefix(n.Key, "/")] = fact{value: n.Value, kind: kind, ttl: time.Duration(n.TTL) * time.Second}
		level = append(level[1:], n.Nodes...)
	}
	return facts
}
