package cli

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kvist/internal/config"
	"kvist/kv"
	"kvist/themes"
)

const (
	// completionTime bounds how long a press of the tab key may take.
	completionTime = time.Second
	// completionKeys bounds how many keys one press offers.
	completionKeys = 200
)

// errEnough ends a listing when there are enough offers.
var errEnough = errors.New("enough")

// completion is a cobra function that offers values for an argument.
type completion = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// completeTarget offers profiles and schemes of addresses, and, withKeys, after
// these the keys of one level.
func (p *Program) completeTarget(o *options, withKeys bool) completion {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		const only = cobra.ShellCompDirectiveNoFileComp
		settings, err := config.Load(config.Path(o.config, p.Env))
		if err != nil || o.finish(cmd) != nil {
			return nil, only
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		switch {
		case len(args) == 1 && withKeys:
			return p.completeApart(ctx, o, settings, args[0], typed), only | cobra.ShellCompDirectiveNoSpace
		case len(args) > 0:
			return nil, only
		case withKeys && behindStore(typed) > 0:
			return p.completeBehind(ctx, o, settings, typed), only | cobra.ShellCompDirectiveNoSpace
		}
		return offered(settings, typed), only | cobra.ShellCompDirectiveNoSpace
	}
}

// offered returns the profiles and schemes that begin as typed does.
func offered(settings *config.File, typed string) []string {
	all := settings.Names()
	for _, scheme := range config.Schemes() {
		all = append(all, string(scheme)+"://")
	}
	return startingWith(typed, all)
}

// startingWith returns those of all that begin as typed does.
func startingWith(typed string, all []string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, typed) })
}

// completeTheme offers the themes: the user's own, if they can be read, and
// those that come with the program.
func (p *Program) completeTheme(o *options) completion {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		path, _ := config.Path(o.config, p.Env)
		own, _ := ownThemes(filepath.Join(filepath.Dir(path), "themes"))
		names := themes.Names()
		for _, theme := range own {
			if plainForShell(theme.Name) {
				names = append(names, theme.Name)
			}
		}
		return startingWith(typed, names), cobra.ShellCompDirectiveNoFileComp
	}
}

// behindStore returns where in an argument the key begins: after the slash that
// follows the profile or the servers; 0 if there is no such slash yet.
func behindStore(typed string) int {
	from := 0
	if i := strings.Index(typed, "://"); i >= 0 {
		from = i + len("://")
	}
	slash := strings.IndexByte(typed[from:], '/')
	if slash < 0 {
		return 0
	}
	return from + slash + 1
}

// completeBehind offers keys of one level after an address or a profile,
// written so that a shell acts on nothing in them.
func (p *Program) completeBehind(ctx context.Context, o *options, settings *config.File, typed string) []string {
	start := behindStore(typed)
	key, err := config.DecodeKey(typed[start:])
	if err != nil {
		return nil
	}
	var offers []string
	for _, next := range p.completeKey(ctx, o, settings, typed[:start-1], key) {
		offers = append(offers, typed[:start]+config.EncodeForShell(next))
	}
	return offers
}

// completeApart offers keys of one level unescaped: only those in which there
// is nothing that a shell acts on, and that do not look like flags. A shell
// puts the common beginning of several on the line unquoted, and may run it at
// the next press of the tab key.
func (p *Program) completeApart(ctx context.Context, o *options, settings *config.File, what, typed string) []string {
	if choice, err := settings.Choose(what); err != nil || choice.HasKey {
		return nil
	}
	return slices.DeleteFunc(p.completeKey(ctx, o, settings, what, typed), func(key string) bool {
		return !plainForShell(key) || strings.HasPrefix(key, "-")
	})
}

// plainForShell reports whether a shell takes a word as it is, unquoted and
// anywhere in a line.
func plainForShell(word string) bool { return config.EncodeForShell(word) == word }

// completeKey offers the keys of one level that begin with typed. It reads no
// secret and starts no server: nobody who presses tab asks for that.
func (p *Program) completeKey(ctx context.Context, o *options, settings *config.File, what, typed string) []string {
	choice, err := settings.Choose(what)
	if err != nil || choice.Profile.Address.Scheme == config.Embedded ||
		len(choice.Profile.Password.Command) > 0 || len(choice.Profile.Token.Command) > 0 {
		return nil
	}
	flags := o.Settings
	flags.Timeout = completionTime
	resolved, err := choice.Resolve(ctx, flags, p.Env)
	if err != nil {
		return nil
	}
	store, err := config.Open(resolved)
	if err != nil {
		return nil
	}
	defer store.Close()
	return level(ctx, store, kv.Dir(store, resolved.Root), typed)
}

// level returns the next steps from typed, which is relative to root: keys, and
// folders with a slash.
func level(ctx context.Context, s kv.Store, root, typed string) []string {
	shown := typed[:strings.LastIndexByte(typed, '/')+1]
	dir := kv.Dir(s, kv.KeyIn(s, root, shown))
	begin := typed[len(shown):]
	steps := map[string]bool{}
	// When time is up, the keys found so far are offered.
	_, _ = kv.ListKeys(ctx, s, dir, kv.ListOptions{Level: true}, func(e kv.Entry) error {
		step, below := strings.CutPrefix(e.Key, dir)
		if !below || !strings.HasPrefix(step, begin) {
			return nil
		}
		if e.Folder {
			step += "/"
		}
		if steps[shown+step] = true; len(steps) >= completionKeys {
			return errEnough
		}
		return nil
	})
	var sorted []string
	for step := range steps {
		sorted = append(sorted, step)
	}
	slices.Sort(sorted)
	return sorted[:min(len(sorted), completionKeys)]
}
