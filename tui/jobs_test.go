package tui

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"kvist/internal/transfer"
	"kvist/kv"
)

// chore is a job that operators do often. Its steps are keys; text that is typed,
// which begins with "="; and words that the screen shows before it goes on, which
// begin with "?".
type chore struct {
	name  string
	steps []string
	done  func(d *driver, store kv.Store) // fails unless the job is done
}

// count returns how many keys a job takes, and how many letters besides.
func (j *chore) count() (keys, letters int) {
	for _, step := range j.steps {
		switch {
		case step[0] == '=':
			letters += len(step) - 1
		case step[0] != '?':
			keys++
		}
	}
	return keys, letters
}

// row returns the job's row of the table.
func (j *chore) row() string {
	var pressed []string
	for _, step := range j.steps {
		switch {
		case step[0] == '=':
			pressed = append(pressed, "*"+step[1:]+"*")
		case step[0] != '?':
			pressed = append(pressed, "`"+step+"`")
		}
	}
	keys, letters := j.count()
	return fmt.Sprintf("| %s | %d | %d | %s |", j.name, keys, letters, strings.Join(pressed, " "))
}

// play presses the keys.
func (j *chore) play(d *driver) {
	for _, step := range j.steps {
		switch step[0] {
		case '=':
			d.typing(step[1:])
		case '?':
			d.sees(step[1:])
		default:
			d.press(step)
		}
	}
}

// jobs are played with the cursor on the folder production.
func jobs() []chore {
	holdsAll := func(want map[string]string) func(*driver, kv.Store) {
		return func(d *driver, store kv.Store) {
			d.t.Helper()
			for key, value := range want {
				pair, err := store.Get(d.m.root + key)
				if err != nil || string(pair.Value) != value {
					d.t.Errorf("%s is %v, %v", key, pair, err)
				}
			}
		}
	}
	flip := func(in string) []string {
		return []string{"?value of " + in + "/flag", "e", "ctrl+k", "=on", "ctrl+s", "?version 2"}
	}
	flags := slices.Concat([]string{"/", "=flag", "?3 matches", "enter"}, flip("dev"), []string{"n"}, flip("production"), []string{"n"}, flip("staging"))
	return []chore{
		{"copy a subtree", []string{"c", "=2", "enter", "?y copy", "y", "?copied 2 keys"}, holdsAll(map[string]string{"production2/limit": "value of production/limit"})},
		{"copy a subtree to another store", []string{"c", "ctrl+u", "=other:", "enter", "?y copy", "y", "?copied 2 keys"}, nil},
		{"compare two environments", []string{"C", "ctrl+u", "=st", "tab", "enter", "?different"}, nil},
		{"compare two environments and bring over all that differs", []string{"C", "ctrl+u", "=st", "tab", "enter", "?2 different", ">", "?y copy", "y", "?no difference"}, holdsAll(map[string]string{
			"staging/limit": "value of production/limit", "staging/flag": "value of production/flag",
		})},
		{"flip a flag in three environments", flags, holdsAll(map[string]string{"dev/flag": "on", "staging/flag": "on", "production/flag": "on"})},
		{"export a subtree", []string{"X", "enter", "?exported 2 keys"}, nil},
		{"export a subtree, delete it, bring it back", []string{"X", "enter", "?exported 2 keys", "D", "?y delete", "y", "?deleted 2 keys", ":", "=import production.jsonl", "enter", "?y import", "y", "?imported 2 keys"}, holdsAll(map[string]string{
			"production/limit": "value of production/limit",
		})},
		{"delete a subtree and take that back", []string{"D", "?y delete", "y", "?deleted 2 keys", "u", "?y undo", "y", "?undone"}, holdsAll(map[string]string{
			"production/limit": "value of production/limit",
		})},
	}
}

// The table of how many keys a job takes is true: each is played.
func TestJobsTakeTheKeysOfTheTable(t *testing.T) {
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	table := "| job | keys | letters | pressed |\n|---|---|---|---|\n"
	for i, j := range jobs() {
		table += j.row() + "\n"
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			d, store := recordedExplore(t, t.TempDir(), "dev/flag", "dev/limit", "production/flag", "production/limit", "staging/flag", "staging/limit")
			t.Chdir(t.TempDir())
			d.elsewhere(transfer.Site{Place: transfer.Place{Store: another(t)}})
			d.press("j")
			d.await("the cursor", func() bool { return strings.HasSuffix(d.m.tree.cursor, "/production") })
			j.play(d)
			if j.done != nil {
				j.done(d, store)
			}
		})
	}
	if !strings.Contains(string(text), table) {
		t.Errorf("the table of ARCHITECTURE.md should be:\n%s", table)
	}
}
