package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/internal/undo"
	"kvist/kv"
)

// planned returns an explorer that shows the plan to delete these keys.
func planned(t *testing.T, w, h int, keys ...string) (*Model, *planDialog) {
	t.Helper()
	m := still(t, "", w, h)
	strike(m, "D")
	d := m.top().(*planDialog)
	plan := &kv.Plan{Prefix: "app/config"}
	for _, key := range keys {
		plan.Keys = append(plan.Keys, kv.PlannedKey{Key: key, Index: 1, Size: 10})
	}
	give(m, planMade{d, plan, plan.Totals(), newPlanList(plan.Keys), unseen{}, undo.Loss{}, nil})
	read(m)
	return m, d
}

// numbered returns n keys in folders of ten.
func numbered(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("app/config/%05d/%d", i/10, i%10)
	}
	return keys
}

// Every key of a plan can be scrolled into sight on every screen size, and the head
// is in sight first.
func TestAPlanScrollsOverAllItsKeys(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {160, 45}} {
		for _, key := range []string{"j", "pgdown", "ctrl+d"} {
			m, d := planned(t, size[0], size[1], numbered(45)...)
			see(t, m, "45 keys, 450 B, will be deleted", "app/config/00000/ 10 keys, 100 B", "more lines")
			seen := map[string]bool{}
			for range d.count + 1 {
				folder := ""
				for line := range strings.SplitSeq(ansi.Strip(m.View().Content), "\n") {
					_, name, key := strings.Cut(line, "- ")
					switch {
					case key && strings.HasPrefix(name, "app/"):
						seen[strings.Fields(name)[0]] = true
					case key:
						seen[folder+strings.Fields(name)[0]] = true
					case strings.Contains(line, "│ app/config/0"):
						_, path, _ := strings.Cut(line, "│ app/")
						folder = "app/" + strings.Fields(path)[0]
					}
				}
				strike(m, key)
			}
			for _, planned := range numbered(45) {
				if !seen[planned] {
					t.Errorf("%v by %s: %s was not seen", size, key, planned)
				}
			}
			strike(m, "G")
			see(t, m, "keys that change or appear", "listed")
			strike(m, "g")
			see(t, m, "45 keys, 450 B, will be deleted")
			if d.running {
				t.Error("moving carried it out")
			}
		}
	}
}

// Drawing costs what is in sight.
func TestAPlanOfAMillionKeysIsDrawnAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a second to make")
	}
	m, d := planned(t, 100, 30, numbered(1_000_000)...)
	began := time.Now()
	const frames = 200
	for i := range frames {
		d.top = i * 5000
		relaid(m)
		m.View()
	}
	if took := time.Since(began) / frames; took > 200*time.Millisecond {
		t.Errorf("a frame takes %s", took)
	}
}

// rows returns the plan's lines for its keys.
func rows(m *Model) []string {
	var names []string
	for line := range strings.SplitSeq(ansi.Strip(m.View().Content), "\n") {
		if _, name, ok := strings.Cut(line, "- "); ok && strings.Contains(name, "10 B") {
			names = append(names, strings.TrimSpace(strings.SplitN(name, "10 B", 2)[0]))
		}
	}
	return names
}

// Long names that differ in one place only can be distinguished, wherever that is.
func TestLongNamesInAPlanAreToldApart(t *testing.T) {
	dubbo := func(host, pid, stamp string) string {
		return "app/config/providers/dubbo%3A%2F%2F" + host + "%3A20880%2Fcom.example.OrderService%3Fanyhost%3Dtrue%26application%3Dorder-provider%26deprecated%3Dfalse%26dubbo%3D2.0.2%26" +
			"dynamic%3Dtrue%26generic%3Dfalse%26interface%3Dcom.example.OrderService%26methods%3Dcreate%2Ccancel%2Cfind%26pid%3D" + pid + "%26release%3D2.7.8%26side%3Dprovider%26" +
			"metadata-type%3Dremote%26revision%3D1.0.0%26threads%3D200%26weight%3D100%26timestamp%3D" + stamp
	}
	settings := func(region string) string {
		return "app/config/team-payments-" + region + "/services/settlement-reconciliation/environments/production/settings.yaml"
	}
	for name, keys := range map[string][]string{
		"front":  {dubbo("10.0.0.1", "100", "1611"), dubbo("10.0.0.2", "100", "1611"), dubbo("10.0.0.3", "100", "1611")},
		"middle": {dubbo("10.0.0.1", "100", "1611"), dubbo("10.0.0.1", "200", "1611"), dubbo("10.0.0.1", "300", "1611")},
		"end":    {dubbo("10.0.0.1", "100", "1611"), dubbo("10.0.0.1", "100", "1612"), dubbo("10.0.0.1", "100", "1613")},
		"mixed":  {dubbo("10.0.0.1", "100", "1611"), dubbo("10.0.0.1", "100", "1612"), dubbo("10.0.0.1", "200", "1611")},
		"folder": {settings("ap-south"), settings("eu-west"), settings("us-east")},
	} {
		for _, w := range []int{60, 80, 100, 200} {
			m, _ := planned(t, w, 30, keys...)
			told := map[string]bool{}
			for _, row := range rows(m) {
				told[row] = true
			}
			if len(told) != 3 {
				t.Errorf("%s at %d cells: %d names are told apart:\n%s", name, w, len(told), ansi.Strip(m.View().Content))
			}
			for line := range strings.SplitSeq(m.View().Content, "\n") {
				if n := width(ansi.Strip(line)); n > w {
					t.Errorf("%s: a line takes %d of %d cells", name, n, w)
				}
			}
		}
	}
}

// The one key that d deletes is named in full.
func TestThePlanOfOneKeyNamesItInFull(t *testing.T) {
	m := still(t, "", 60, 24)
	key := "app/" + strings.Repeat("long-name-", 30) + "end"
	give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Key: key, Index: 300, Size: 3}}}))
	m.tree.goTo(key)
	strike(m, "d")
	text := strings.Join(strings.Fields(strings.NewReplacer("│", " ").Replace(ansi.Strip(m.View().Content))), "")
	if !strings.Contains(text, key+",thiskeyalone") {
		t.Errorf("the key is not on the screen:\n%s", ansi.Strip(m.View().Content))
	}
}

// A plan says how many of its keys the filter hides.
func TestAPlanSaysWhatTheFilterHides(t *testing.T) {
	m := still(t, "", 100, 30)
	strike(m, "/")
	give(m, tea.PasteMsg{Content: "limits"})
	for !m.finder.on || m.tree.tree.Searched() < m.tree.tree.Keys() {
		m.tree.tree.Search(1000)
	}
	strike(m, "enter")
	m.tree.goTo("app/config")
	strike(m, "D")
	d, ok := m.top().(*planDialog)
	if !ok {
		t.Fatalf("%T is on top", m.top())
	}
	plan := &kv.Plan{Prefix: "app/config"}
	for _, key := range numbered(23) {
		plan.Keys = append(plan.Keys, kv.PlannedKey{Key: key})
	}
	give(m, planMade{d, plan, plan.Totals(), newPlanList(plan.Keys), unseen{}, undo.Loss{}, nil})
	see(t, m, "22 of these are hidden by the filter")
}

// Names in a plan are not struck through.
func TestNamesInAPlanAreNotStruckThrough(t *testing.T) {
	m, _ := planned(t, 100, 30, "app/config/a", "app/config/b")
	for line := range strings.SplitSeq(m.View().Content, "\n") {
		if strings.Contains(ansi.Strip(line), "- a") && strings.Contains(line, ";9m") {
			t.Errorf("struck through: %q", line)
		}
	}
}

// A find in a plan goes to the next and the previous match, around the ends.
func TestFindInAPlan(t *testing.T) {
	m, d := planned(t, 80, 24, append(numbered(500), "app/config/needle/1", "app/config/x/Needle")...)
	strike(m, "/")
	typed(m, "needle")
	cmd := m.press(keyPress("enter"))
	give(m, cmd())
	see(t, m, "app/config/needle/1", "2 keys of the plan with needle")
	first := d.foundAt
	give(m, m.press(keyPress("n"))())
	see(t, m, "app/config/x/Needle")
	give(m, m.press(keyPress("n"))())
	if d.foundAt != first {
		t.Errorf("it goes on at row %d, not %d", d.foundAt, first)
	}
	give(m, m.press(keyPress("N"))())
	see(t, m, "app/config/x/Needle")
	strike(m, "/")
	typed(m, "nowhere")
	give(m, m.press(keyPress("enter"))())
	see(t, m, "no key of the plan holds nowhere")
	if d.running {
		t.Error("it was carried out")
	}
}

// A plan of very many keys is confirmed by their number, and by nothing else.
func TestAPlanOfManyKeysIsCounted(t *testing.T) {
	for _, c := range []struct {
		keys    int
		setting int // -1: the default
		typed   string
		runs    bool
	}{
		{1000, -1, "y", true},
		{1001, -1, "y", false},
		{1001, -1, "1001", false},
		{1001, -1, "1001\r", true},
		{1001, -1, "100\r", false},
		{1001, -1, "1000\r", false},
		{1001, -1, "\r", false},
		{1001, -1, "1001y", false},
		{3, -1, "\r", false},
		{3, 2, "y", false},
		{3, 2, "3\r", true},
		{1, 0, "1\r", true},
		{1, 0, "y", false},
		{5000, 5000, "y", true},
	} {
		m, d := planned(t, 80, 24, numbered(c.keys)...)
		if c.setting >= 0 {
			m.opts.ConfirmCount = &c.setting
		}
		read(m)
		for _, r := range c.typed {
			if r == '\r' {
				strike(m, "enter")
				continue
			}
			strike(m, string(r))
		}
		if d.running != c.runs {
			t.Errorf("%+v: running is %v", c, d.running)
		}
	}
	m, d := planned(t, 80, 24, numbered(1001)...)
	see(t, m, "type 1001, then enter, to delete")
	strike(m, "1", "0", "7", "backspace", "0", "1", "enter")
	if !d.running {
		t.Error("a number that was put right is not taken")
	}
}
