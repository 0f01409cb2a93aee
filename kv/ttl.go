package kv

import (
	"fmt"
	"time"
)

// errTTL is the error of a TTL that is not from least to most; a most of 0 is
// that there is none.
func errTTL(asked, least, most time.Duration) error {
	if most == 0 {
		return withKind(ErrInvalidTTL, fmt.Errorf("a TTL of %s is not granted: it must be at least %s, and has no upper limit", asked, least))
	}
	return withKind(ErrInvalidTTL, fmt.Errorf("a TTL of %s is not granted: it must be at least %s and at most %s", asked, least, most))
}
