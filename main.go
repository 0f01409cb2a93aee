package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc/grpclog"

	"kvist/internal/build"
	"kvist/internal/cli"
	"kvist/internal/config"
	"kvist/internal/demo"
	"kvist/internal/drafts"
	"kvist/internal/job"
	"kvist/internal/places"
	"kvist/kv"
	"kvist/tui"
)

func main() { os.Exit(run()) }

// run is main with an exit code, so that deferred calls run.
func run() int {
	silence()
	// A write to a pipe that nobody reads should fail like any other write, so
	// that stores are closed. Unlike ignoring the signal, this is not inherited
	// by an editor or a command for a password.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, own, stop := job.Begin(context.Background())
	defer stop()
	p := &cli.Program{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.LookupEnv,
		Explore: explorer(own), Guard: own.Guard, Embed: embed, DemoMask: demoMask(), Clipboard: tui.ClipboardWay, Editor: tui.Editor, Build: build.This(),
	}
	return p.Run(stoppedOrCutOff(ctx), os.Args[1:])
}

// stoppedOrCutOff returns a context that ends with the program's. Ctrl+c stops what a
// command does; all else ends the program, and cuts off what it does.
func stoppedOrCutOff(program context.Context) context.Context {
	ctx, end := context.WithCancelCause(context.WithoutCancel(program))
	context.AfterFunc(program, func() {
		cause := context.Cause(program)
		if !errors.Is(cause, job.ErrInterrupted) {
			cause = errors.Join(kv.ErrCutOff, cause)
		}
		end(cause)
	})
	return ctx
}

// silence keeps libraries from logging to standard error. The explorer's screen
// is there, and elsewhere it is for messages that concern the user: net/http
// would log bytes that a server sent unasked, gRPC connections. Failures that
// matter come back as errors.
func silence() {
	log.SetOutput(io.Discard)
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
}

// explorer returns the function that runs the explorer on the screen.
func explorer(own *job.Job) func(context.Context, cli.Exploration) error {
	return func(ctx context.Context, e cli.Exploration) error { return tui.Run(ctx, options(own, e)) }
}

func options(own *job.Job, e cli.Exploration) tui.Options {
	elsewhere := tui.Elsewhere{Open: e.Elsewhere, Profiles: e.Profiles, Schemes: e.Schemes}
	for _, p := range e.Known {
		elsewhere.Known = append(elsewhere.Known, tui.Profile(p))
	}
	elsewhere.Explore = func(ctx context.Context, what string) (tui.Options, error) {
		other, err := e.Other(ctx, what)
		return options(own, other), err
	}
	all := places.New(places.Dir())
	elsewhere.Used = all.Used
	kept := all
	if e.Passing {
		kept = nil
	}
	return tui.Options{
		Open: e.Open, Address: e.Address, Place: e.Place, Profile: e.Profile, ReadOnly: e.ReadOnly, Unverified: e.Unverified, Protected: e.Protected, Masked: e.Masked, ConfirmCount: e.ConfirmCount,
		Keymap: e.Keymap, Theme: e.Theme, Themes: e.Themes, NoColor: e.NoColor, ASCII: e.ASCII, Linear: e.Linear,
		Elsewhere: elsewhere, Key: e.Key, Close: e.Close,
		Journal: e.Journal, Drafts: drafts.New(drafts.Dir()), Places: kept, Fresh: e.Fresh, Forget: e.Forget, Timeout: e.Timeout, Note: e.Note, Card: e.Card,
		Background: tui.BackgroundOf(os.Getenv("COLORFGBG")), Job: own, Environ: config.WithoutSecrets(os.Environ(), e.Secrets...),
	}
}

// demoMask returns the prefixes that the embedded store masks.
func demoMask() []string { return []string{demo.Secrets} }

// embed starts the embedded store, which lasts as long as the program.
func embed(ctx context.Context) (cli.Embedded, error) {
	cluster, err := demo.Start(ctx, demo.Options{})
	if err != nil {
		return cli.Embedded{}, err
	}
	return cli.Embedded{Endpoint: cluster.Endpoint(), Mask: demoMask(), Close: cluster.Close}, nil
}
