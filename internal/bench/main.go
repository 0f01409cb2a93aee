package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"kvist/kv/kvtest"
)

func main() {
	if played, err := kvtest.Play(); played {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures what the arguments ask for and prints the table.
func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(progress)
	keys := flags.Int("keys", fullKeys, "keys in etcd; everything else is in proportion")
	beyond := flags.Int("beyond", 0, "keys of etcd that are more than may be held in memory, such as 10000000; 0 leaves these rows out")
	rows := flags.String("rows", "", "measure only what matches this regular expression: rows and servers, as the table names them")
	rounds := flags.Int("rounds", 3, "rounds of what is run by turns")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile("(?i)" + *rows)
	if err != nil {
		return err
	}
	s := scaled(*keys, *rounds)
	s.beyond = *beyond
	b, err := newBench(ctx, s, progress)
	if err != nil {
		return err
	}
	defer b.close()
	t := &table{facts: b.facts()}
	failed := b.measure(stages(b), wanted, t)
	if err := t.print(out); err != nil {
		return err
	}
	return failed
}
