package tui

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// filePrompt asks for the name of a file. Directories are completed, and files if
// one is to be read.
type filePrompt struct {
	prompt
	reads bool // the file is there
	about func(file string) string
}

// openFilePrompt asks for a file. about says what the name means; take takes it.
func (m *Model) openFilePrompt(title, file string, reads bool, about func(string) string, take func(*Model, string) tea.Cmd) tea.Cmd {
	q := &filePrompt{reads: reads, about: about}
	q.title, q.hint = title, about(file)
	q.prompt.done = func(m *Model, text string) tea.Cmd {
		if strings.TrimSpace(text) == "" {
			q.fault = "A file needs a name."
			return nil
		}
		return take(m, homed(text))
	}
	q.prompt.change = func(_ *Model, text string) tea.Cmd {
		q.hint = q.about(text)
		return nil
	}
	q.prompt.complete = func(*Model) tea.Cmd { return q.lookUp() }
	return m.openPrompt(&q.prompt, file)
}

// homed returns the name of a file with ~ for the home directory spelled out.
func homed(file string) string {
	rest, ok := strings.CutPrefix(file, "~/")
	home, err := os.UserHomeDir() // from the environment
	if !ok || err != nil {
		return file
	}
	return filepath.Join(home, rest) + slashOf(rest)
}

// slashOf returns the slash that a name ends with, which filepath.Join drops.
func slashOf(name string) string {
	if name == "" || strings.HasSuffix(name, "/") {
		return "/"
	}
	return ""
}

// filesLooked is how many names of a directory are looked at.
const filesLooked = 5000

// lookUp looks for what the name can be completed to.
func (q *filePrompt) lookUp() tea.Cmd {
	text, reads := q.input.text(), q.reads
	return func() tea.Msg {
		dir, begin := filepath.Split(text)
		at := homed(dir)
		if at == "" {
			at = "."
		}
		opened, err := os.Open(at)
		if err != nil {
			return filesFound{q, text, nil}
		}
		defer opened.Close()
		entries, _ := opened.ReadDir(filesLooked) // what was read is of use
		var names []string
		for _, e := range entries {
			name := e.Name()
			hidden := strings.HasPrefix(name, ".") && !strings.HasPrefix(begin, ".")
			if !strings.HasPrefix(name, begin) || hidden {
				continue
			}
			switch info, err := os.Stat(filepath.Join(at, name)); {
			case err != nil:
			case info.IsDir():
				names = append(names, dir+name+"/")
			case reads:
				names = append(names, dir+name)
			}
		}
		slices.Sort(names)
		return filesFound{q, text, names}
	}
}

// filesFound is the result of lookUp.
type filesFound struct {
	prompt *filePrompt
	text   string
	names  []string
}

func (r filesFound) apply(m *Model) tea.Cmd {
	q := r.prompt
	if q.input.text() != r.text || m.top() != surface(&q.prompt) {
		return nil
	}
	if len(r.names) == 0 {
		q.hint = "no directory begins so"
		if q.reads {
			q.hint = "nothing begins so"
		}
		return nil
	}
	if common := commonOf(r.names); len(common) > len(r.text) {
		q.input = newField(common)
		q.hint = q.about(common)
	}
	if len(r.names) > 1 {
		q.hint = namesOf(r.names)
	}
	return nil
}

// commonOf returns what all names begin with.
func commonOf(names []string) string {
	common := names[0]
	for _, name := range names[1:] {
		common = common[:commonStart(common, name)]
	}
	return common
}
