package themes

// Signs say what the looks say, so that no meaning is carried by colour alone.
// Each is exactly one cell wide.
type Signs struct {
	Added, Changed, Removed string // a row that was just put, changed or deleted
	Inside                  string // something below a closed folder changed

	Ephemeral, Leased, Locked string // marks of a key
	Draft                     string // what was typed into a key and is not saved

	Open, Closed string // a folder
	Cursor       string // the chosen line of a list

	Live, Waiting, Broken string // the state of the feed
	Holder, Waiter        string // of a lock
	Ellipsis              string
}

// SignsFor are the signs for a terminal that shows Unicode, or for one that
// does not (the Linux console, a locale other than UTF-8).
func SignsFor(unicode bool) Signs {
	if !unicode {
		return Signs{
			Added: "+", Changed: "~", Removed: "-", Inside: ":",
			Ephemeral: "e", Leased: "l", Locked: "L", Draft: "d",
			Open: "v", Closed: ">", Cursor: ">",
			Live: "*", Waiting: "o", Broken: "!",
			Holder: "*", Waiter: ".", Ellipsis: "~",
		}
	}
	return Signs{
		Added: "+", Changed: "~", Removed: "-", Inside: "·",
		Ephemeral: "◌", Leased: "◔", Locked: "■", Draft: "*",
		Open: "▾", Closed: "▸", Cursor: "▸",
		Live: "●", Waiting: "○", Broken: "!",
		Holder: "◆", Waiter: "◇", Ellipsis: "…",
	}
}
