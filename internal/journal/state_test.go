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
