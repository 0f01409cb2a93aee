package journal

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A plan that has not ended is running as long as its program does, and cut off then.
func TestAPlanIsRunningOrCutOff(t *testing.T) {
	root := t.TempDir()
	j, other := New(root, Store{Backend: "b"}, Options{}), New(root, Store{Backend: "b"}, Options{})
	defer j.Close()
	require.NoError(t, other.BeginPlan(&Plan{Title: "delete a", Records: 3}))
	require.NoError(t, j.BeginPlan(&Plan{Title: "delete b", Records: 2}))
	states := func() []string {
		r, err := j.Read()
		require.NoError(t, err)
		defer r.Close()
		var list []string
		for {
			e, err := r.Next()
			if err != nil {
				return list
			}
			list = append(list, e.State())
		}
	}
	require.Equal(t, []string{"running", "running"}, states())
	require.NoError(t, other.Close())
	require.Equal(t, []string{"running", "cut off"}, states())
}

// A plan is done when all of it was carried out.
func TestAPlanIsDoneInPart(t *testing.T) {
	j := New(t.TempDir(), Store{Backend: "b"}, Options{})
	defer j.Close()
	for i, state := range []string{"not done", "in part", "in part", "done"} {
		p := Plan{Title: "delete a", Records: 3}
		require.NoError(t, j.BeginPlan(&p))
		p.Written = i
		require.NoError(t, j.EndPlan(&p))
		r, err := j.Read()
		require.NoError(t, err)
		e, err := r.Next()
		r.Close()
		require.NoError(t, err)
		require.Equal(t, state, e.State())
	}
}

// A plan of which nothing was sent is no entry, nor in the way of others.
func TestAPlanThatWasNotSentIsNoEntry(t *testing.T) {
	j := New(t.TempDir(), Store{Backend: "b"}, Options{})
	defer j.Close()
	require.NoError(t, j.Begin([]Record{{Op: "put", Key: "a"}}))
	p := Plan{Title: "delete a", Records: 3, Unsent: true}
	require.NoError(t, j.BeginPlan(&p))
	require.NoError(t, j.Begin([]Record{{Plan: p.ID, Op: "put", Key: "a"}}))
	require.NoError(t, j.EndPlan(&p))
	r, err := j.Read()
	require.NoError(t, err)
	defer r.Close()
	e, err := r.Next()
	require.NoError(t, err)
	require.Nil(t, e.Plan)
	require.Equal(t, "a", e.Key)
}
