package tree_test

import (
	"fmt"
	"strings"
	"time"

	"kvist/tui/tree"
)

func Example() {
	t := tree.New("config")
	for i, key := range []string{"config/app/db/host", "config/app/db/port", "config/motd", "config/app-old"} {
		t.Put(tree.Entry{Key: key, Index: uint64(i + 1), Size: 5}, time.Time{})
	}
	t.JoinChains(true)
	t.Open("config/app/db")
	for _, r := range t.Rows(0, t.Len()) {
		fmt.Printf("%s%s", strings.Repeat("  ", r.Depth), r.Name)
		if r.IsFolder {
			fmt.Printf("/ (%d)", r.Count)
		}
		fmt.Println()
	}
	row, _ := t.RowOf("config/motd")
	fmt.Println("row of motd:", row)

	// Output:
	// app/db/ (2)
	//   host
	//   port
	// app-old
	// motd
	// row of motd: 4
}
