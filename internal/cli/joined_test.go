package cli

import (
	"errors"
	"fmt"
	"testing"

	"kvist/kv"
)

// Each of several failures is said, whatever else failed: as when two tabs could not
// save, or a draft could not be kept.
func TestEveryJoinedErrorIsSaid(t *testing.T) {
	one := &kv.Error{Op: kv.OpPut, Key: "a", Kind: kv.ErrNotReachable}
	two := fmt.Errorf("no room for the draft: %w: %w", kv.ErrNoSpace, errors.ErrUnsupported)
	err := errors.Join(nil, errors.Join(one, nil), two)
	if got := eachMistake(err); len(got) != 2 || !errors.Is(got[0], one) || !errors.Is(got[1], kv.ErrNoSpace) {
		t.Errorf("got %q", got)
	}
	if got := eachMistake(two); len(got) != 1 {
		t.Errorf("a sentence became %q", got)
	}
}
