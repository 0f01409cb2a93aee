package zkrecipe

import (
	"strings"
	"testing"
)

// The names of the common clients are recognised, and others are not taken for them.
func TestClaimNames(t *testing.T) {
	const hex, uuid = "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"
	for name, want := range map[string]struct {
		claim      Claim
		sequential bool
	}{
		"_c_" + uuid + "-lock-0000000007":              {Claim{Curator, "", 7}, true},
		"_c_" + uuid + "-lease-0000000000":             {Claim{Lease, "", 0}, true},
		"_c_" + uuid + "-latch-0000000012":             {Claim{Latch, "", 12}, true},
		"_c_" + uuid + "-__READ__0000000003":           {Claim{CuratorRW, Read, 3}, true},
		"_c_" + uuid + "-__WRIT__0000000004":           {Claim{CuratorRW, Write, 4}, true},
		"_c_" + hex + "-lock-0000000001":               {Claim{GoLock, "", 1}, true},
		hex + "__lock__0000000002":                     {Claim{Kazoo, "", 2}, true},
		hex + "__rlock__0000000002":                    {Claim{KazooRW, Read, 2}, true},
		"n_2147483647":                                 {Claim{"", "", 2147483647}, true},
		"0000000001":                                   {Claim{"", "", 1}, true},
		"_c_short-lock-0000000001":                     {Claim{"", "", 1}, true},
		"_c_" + hex + "-lock-000000001":                {Claim{}, false},
		"release-2024":                                 {Claim{}, false},
		"":                                             {Claim{}, false},
		"_c_" + hex + "-other-0000000001":              {Claim{"", "", 1}, true},
		strings.Repeat("g", 32) + "__lock__0000000002": {Claim{"", "", 2}, true},
	} {
		if claim, sequential := Parse(name); claim != want.claim || sequential != want.sequential {
			t.Errorf("%q: %+v, %v; want %+v, %v", name, claim, sequential, want.claim, want.sequential)
		}
	}
	if !IsKazooLease(hex) || IsKazooLease(uuid) || IsKazooLease(hex+"0") {
		t.Error("leases are mixed up with other names")
	}
}
