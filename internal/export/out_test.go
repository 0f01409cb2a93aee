package export

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/transfer"
	"kvist/kv"
)

// some are nodes as a source, in the order of their names.
type some []*kv.Node

func (s some) Nature() kv.Nature {
	return kv.Nature{TTL: true, Leases: true, Paths: true, BareFolders: true}
}

func (s some) Read(_ context.Context, visit func([]transfer.Item) error) (unseen, err error) {
	var items []transfer.Item
	for _, n := range s {
		items = append(items, transfer.Item{Name: transfer.Name{Rel: n.Key}, Node: n})
	}
	return nil, visit(items)
}

func (s some) Again() (transfer.Again, error) { return nil, io.EOF }

// A key that is not UTF-8 has no name in Consul's format: it is refused, not called otherwise.
func TestConsulsFormatRefusesWhatItCannotName(t *testing.T) {
	out := &Out{Source: some{{Key: "\xff", Value: []byte("v")}}, Format: Consul}
	err := out.Write(t.Context(), io.Discard)
	require.ErrorIs(t, err, errNotInJSON)
	require.ErrorContains(t, err, `\xff`)
	out.Format = JSONLines
	require.NoError(t, out.Write(t.Context(), io.Discard))
}

// What a format has no place for is said.
func TestAnExportSaysWhatItLoses(t *testing.T) {
	nodes := some{
		{Key: "a", Type: kv.DirectoryNode},
		{Key: "a/leased", Value: []byte("v"), TTL: time.Hour},
		{Key: "a/none", Type: kv.DirectoryNode},
		{Key: "plain", Value: []byte("v")},
		{Key: "z", Type: kv.DirectoryNode},
	}
	out := &Out{Source: nodes, Format: Consul}
	require.NoError(t, out.Write(t.Context(), io.Discard))
	require.Equal(t, "TTL (1), empty directory (2)", out.LostWords())
	for _, f := range []Format{JSONLines, YAML} {
		out := &Out{Source: nodes, Format: f}
		require.NoError(t, out.Write(t.Context(), io.Discard))
		require.Empty(t, out.LostWords())
	}
}
