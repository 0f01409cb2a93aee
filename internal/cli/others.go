package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"kvist/internal/config"
	"kvist/internal/transfer"
)

// others opens stores beside the one that is explored, as targets of its plans.
type others struct {
	program  *Program
	options  *options
	settings *config.File
	own      site // that is explored; its store is opened later

	mu   sync.Mutex
	ends []func() // of those that were opened
}

// elsewhere returns the options that hold for other stores as well: none that say
// who logs in, or how the servers of this one prove themselves.
func (o *options) elsewhere() *options {
	return &options{config: o.config, Settings: config.Settings{
		Timeout: o.Timeout, Journal: o.Journal, JournalHide: o.JournalHide, ReadOnly: o.ReadOnly, Memory: o.Memory,
	}}
}

// schemes returns the schemes of addresses.
func schemes() []string {
	var names []string
	for _, s := range config.Schemes() {
		names = append(names, string(s))
	}
	return names
}

// errOwnEmbedded is the refusal to start an embedded store that ends unseen.
var errOwnEmbedded = errors.New("the embedded store of another kvist cannot be reached so; copy to the address that it listens at")

// open opens the store that a profile names, or else an address, unless it is the
// one that is explored. last is added to a key that is missing or ends in a slash.
func (o *others) open(ctx context.Context, profile, name, last string) (*transfer.Site, error) {
	choice, err := o.choose(profile, name)
	if err != nil {
		return nil, err
	}
	if choice.Key == "" || strings.HasSuffix(choice.Key, "/") {
		choice.Key, choice.HasKey = choice.Key+last, true
	}
	embedded := choice.Profile.Address.Scheme == config.Embedded
	if embedded && o.own.target.Address.Scheme != config.Embedded {
		return nil, errOwnEmbedded
	}
	resolved, err := choice.Resolve(ctx, o.options.Settings, o.program.Env)
	if err != nil {
		return nil, err
	}
	to := &site{target: &target{Target: resolved, hasKey: true}, what: resolved.Address.String()}
	if profile != "" {
		to.what = profile + ":" + choice.Key
	}
	if embedded || to.target.sameAs(o.own.target) || to.target.anonymousAt(o.own.target) {
		own := o.own.target
		to.store, to.target.Profile, to.target.masked = o.own.store, own.Profile, own.masked
		to.target.ReadOnly, to.target.Protected = own.ReadOnly, own.Protected
		to.target.place(to.store)
		return to.forPlan(true, func() {}), nil
	}
	return o.openNew(ctx, to)
}

// choose finds what is named in the settings. A key behind a profile is taken as
// it is, as the keys in a prompt are.
func (o *others) choose(profile, name string) (config.Choice, error) {
	if profile == "" {
		return o.settings.Choose(name)
	}
	choice, err := o.settings.Choose(profile)
	choice.Key, choice.HasKey = name, name != ""
	return choice, err
}

// anonymousAt reports whether a bare address without a user has the servers of
// another target: it is that store then, with its login.
func (t *target) anonymousAt(other *target) bool {
	return t.Profile == "" && t.Address.User == "" && t.Address.Scheme == other.Address.Scheme &&
		slices.Equal(t.Address.Endpoints, other.Address.Endpoints)
}

// openNew opens the store of a site, with a journal of its own.
func (o *others) openNew(ctx context.Context, to *site) (*transfer.Site, error) {
	store, err := to.target.openUntil(ctx)
	if err != nil {
		to.target.stop()
		return nil, err
	}
	to.store = store
	to.target.place(store)
	end := sync.OnceFunc(to.close)
	same, err := sameStore(ctx, &o.own, to)
	if err != nil {
		end()
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ends = append(o.ends, end)
	return to.forPlan(same, end), nil
}

// forPlan returns the site as the target of a plan.
func (t *site) forPlan(same bool, end func()) *transfer.Site {
	return &transfer.Site{
		Place: t.place(), Same: same, Profile: t.target.Profile, ReadOnly: t.target.ReadOnly, Protected: t.target.Protected,
		Masked: t.target.masked, Warnings: t.target.Warnings, Close: end,
	}
}

// close ends the stores that are still open.
func (o *others) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, end := range o.ends {
		end()
	}
}
