package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kvist/internal/config"
)

// rootHelp returns the long help of the program.
func rootHelp() string {
	return "kvist explores coordination stores: " + config.Titles() + `.

It opens an ADDRESS or a PROFILE of config.toml. Without either it lists the
profiles to choose from; if there are none, or with --embedded, it opens an etcd
inside this program, with a small lifelike cluster in it.

` + config.AddressHelp() + `
Everything after the first slash is the prefix; a slash at its end changes
nothing. An etcd v3 key that starts with a slash is etcdv3://host//registry.
Consul ignores a slash at the start; a key that really starts with one is shown
with two (//abs) and opened as consul://host///abs.
%20 is a space, %25 a percent sign. Commands take the key in the address
(etcd://host/key), after a profile (prod/key), or as a second argument without
escapes (prod 'key'). A profile's own prefix is a root: it goes before the key,
and commands print keys relative to it, so that they can be typed back.

Secrets are never passed on the command line: they come from --password-file
and --token-file, a profile, or the environment (KVIST_PASSWORD, KVIST_TOKEN,
and what the native clients read: CONSUL_HTTP_TOKEN, ETCDCTL_USER, …).

` + exitHelp
}

// options are the values of the flags.
type options struct {
	config   string
	theme    string
	tls      bool
	insecure bool
	fresh    bool
	embedded bool
	linear   bool
	config.Settings
}

// root returns the whole command line.
func (p *Program) root() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:   "kvist [ADDRESS|PROFILE]",
		Short: "Explore " + config.Titles(),
		Long:  rootHelp(),
		Example: `  kvist prod
  kvist consul://127.0.0.1:8500/config
  kvist --read-only etcd://10.0.0.1:2379,10.0.0.2:2379/services`,
		Version:           p.Build.String(),
		Args:              rootArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		ValidArgsFunction: p.completeTarget(o, false),
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return o.finish(cmd) },
		RunE: func(cmd *cobra.Command, args []string) error {
			what, err := o.what(args)
			if err != nil {
				return err
			}
			return p.explore(cmd, o, what)
		},
	}
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%s; %s", err, orSee(cmd, err))
	})
	o.register(root)
	_ = root.RegisterFlagCompletionFunc("theme", p.completeTheme(o)) // it only fails without that flag
	root.AddCommand(
		p.ls(o), p.get(o), p.put(o), p.rm(o), p.copyKeys(o), p.moveKeys(o), p.export(o), p.importKeys(o), p.diff(o),
		p.watch(o), p.locks(o), p.historyOf(o), p.journalOf(o), p.undo(o),
		p.doctor(o), p.info(o), p.config(o), p.version(),
	)
	shortUsage(root)
	completeByOwnScript(root)
	helpOfCommands(root)
	return root
}

// register adds the flags that every command has.
func (o *options) register(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&o.config, "config", "", "settings file (default $KVIST_CONFIG, else kvist/config.toml in the configuration directory)")
	f.StringVar(&o.User, "user", "", "user to log in as")
	f.StringVar(&o.Password.File, "password-file", "", "file that holds the password")
	f.StringVar(&o.Token.File, "token-file", "", "file that holds Consul's ACL token")
	f.StringVar(&o.Datacenter, "datacenter", "", "Consul's datacenter")
	f.BoolVar(&o.tls, "tls", false, "use TLS; --ca, --cert and --server-name imply it")
	f.StringVar(&o.CA, "ca", "", "PEM file of the certificates to trust")
	f.StringVar(&o.Cert, "cert", "", "PEM file of the client certificate")
	f.StringVar(&o.Key, "key", "", "PEM file of the client certificate's key")
	f.StringVar(&o.ServerName, "server-name", "", "name to expect in the server's certificate")
	f.BoolVar(&o.insecure, "insecure-skip-verify", false, "accept any server certificate")
	f.DurationVar(&o.Timeout, "timeout", 0, "timeout for reaching a server and for each request (default 5s)")
	f.IntVar(&o.WatchBudget, "watch-budget", 0, "most watches to set on a ZooKeeper before 3.6 (default 10000)")
	f.Var(&o.Memory, "memory", "memory for keys; if they need more, only open folders are followed (default 512MiB)")
	f.Var(&o.Journal, "journal", "what the journal keeps of writes, full, keys or off (default full)")
	f.BoolVar(&o.ReadOnly, "read-only", false, "refuse to change anything")
	root.Flags().StringVar(&o.theme, "theme", "", "theme of the explorer")
	root.Flags().BoolVar(&o.fresh, "fresh", false, "start the explorer without what was open the last time")
	root.Flags().BoolVar(&o.embedded, "embedded", false, "explore the etcd inside this program, whatever profiles there are")
	root.Flags().BoolVar(&o.linear, "linear", false, "print a line for each move instead of drawing a screen, for screen readers")
	root.SetVersionTemplate("kvist {{.Version}}\n")
}

// finish converts the flags to settings once they are read.
func (o *options) finish(cmd *cobra.Command) error {
	flags := cmd.Flags()
	if flags.Changed("tls") {
		o.TLS = &o.tls
	}
	if flags.Changed("insecure-skip-verify") {
		o.Insecure = &o.insecure
	}
	if err := config.CheckUser("--user", o.User); err != nil {
		return err
	}
	if flags.Changed("timeout") && o.Timeout <= 0 {
		return usagef("--timeout must be longer than nothing, such as 5s")
	}
	if flags.Changed("watch-budget") && o.WatchBudget <= 0 {
		return usagef("--watch-budget must be more than nothing, such as 1000")
	}
	return nil
}

// what returns what the explorer is to open; "" if nothing is named.
func (o *options) what(args []string) (string, error) {
	named := strings.Join(args, "")
	switch {
	case !o.embedded:
		return named, nil
	case named != "":
		return "", usagef("--embedded is a store already; leave out either it or %q", named)
	}
	return string(config.Embedded) + "://", nil
}

// noneEmpty refuses an argument that is there and empty: where a script names a variable
// that is not set, another store would be meant, another write undone, a file not written.
func noneEmpty(cmd *cobra.Command, args []string) error {
	if at := slices.Index(args, ""); at >= 0 {
		return usagef("argument %d of %s is empty, as a variable is that is not set: nothing was done; name what is meant, or leave it out",
			at+1, cmd.CommandPath())
	}
	return nil
}

// usageArgs turns a wrong number of arguments, or an empty one, into a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := noneEmpty(cmd, args); err != nil {
			return err
		}
		if err := check(cmd, args); err != nil {
			if cmd.ValidArgs == nil { // else the error names what was given
				err = fmt.Errorf("wrong number of arguments (%d): kvist %s", len(args), cmd.Use)
			}
			return usagef("%s; see %s --help", err, cmd.CommandPath())
		}
		return nil
	}
}
