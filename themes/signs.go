package themes

// Signs repeat the meaning of colours, so that none is carried by colour alone.
// Each is exactly one cell wide.
type Signs struct {
	Added, Changed, Removed string // a row that was just put, changed or deleted
	Inside                  string // something inside a folder changed
	Marked, MarkedInside    string // a row that is marked, and a folder with marks in it

	Ephemeral, Leased, Locked string // marks of a key
	Draft                     string // a key with an unsaved draft
	Bookmark                  string

	ChangedSince, GoneSince string // in the past: a key that is another one now, or is not there any more

	Open, Closed string // a folder

	Live, Waiting, Broken string // the state of the feed
	Holder                string // of a lock
}

// SignsFor returns the signs for a terminal that shows Unicode, or for one that
// does not (the Linux console, a locale other than UTF-8).
func SignsFor(unicode bool) Signs {
	if !unicode {
		return Signs{
			Added: "+", Changed: "~", Removed: "-", Inside: ":", Marked: "*", MarkedInside: ".",
			Ephemeral: "e", Leased: "l", Locked: "L", Draft: "d", Bookmark: "b",
			ChangedSince: "!", GoneSince: "x",
			Open: "v", Closed: ">",
			Live: "*", Waiting: "o", Broken: "!",
			Holder: "*",
		}
	}
	return Signs{
		Added: "+", Changed: "~", Removed: "-", Inside: "·", Marked: "✓", MarkedInside: "·",
		Ephemeral: "◌", Leased: "◔", Locked: "■", Draft: "*", Bookmark: "»",
		ChangedSince: "≠", GoneSince: "×",
		Open: "▾", Closed: "▸",
		Live: "●", Waiting: "○", Broken: "!",
		Holder: "◆",
	}
}
