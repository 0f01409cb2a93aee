package kv

import (
	"context"

	"kvist/kv/internal/peer"
)

// What stands behind an address at which a store could not be opened.

var errWantsTLS = peer.ErrWantsTLS

func isUntrusted(err error) bool { return peer.IsUntrusted(err) }

func isNoHTTP(err error) bool { return peer.IsNoHTTP(err) }

func speaksTLS(ctx context.Context, address string) bool { return peer.SpeaksTLS(ctx, address) }
