package main

import "slices"

// The names of the table's rows.
const (
	rowFirstTree      = "start to a usable first tree"
	rowAllKnown       = "start to all keys known and searchable"
	rowPeak           = "peak memory then"
	rowFurther        = "memory per further key, beyond its own text"
	rowPast           = "first rows of the past"
	rowCursor         = "cursor key to settled frame, all open, 1 000 changes a second"
	rowFindPlain      = "one letter more in `/`, plain"
	rowFindFuzzy      = "one letter more in `/`, fuzzy"
	rowChange         = "change made to change on the screen"
	rowWork           = "work per change, against few keys"
	rowIdle           = "idle: processor"
	rowIdleBytes      = "idle: bytes to the terminal"
	rowCursorBytes    = "bytes to the terminal per cursor key"
	rowChangeBytes    = "bytes to the terminal per live change"
	rowDelete         = "delete plan carried out"
	rowUndo           = "delete plan undone"
	rowConsulFirst    = "keys on Consul: first tree"
	rowConsulKnown    = "keys on Consul: all known"
	rowZooKeeperFirst = "znodes on ZooKeeper: first tree"
	rowZooKeeperKnown = "znodes on ZooKeeper: all known"
	rowBeyondFirst    = "first tree of more keys than memory may hold"
	rowBeyondLive     = "start to open folders followed"
	rowBeyondOpen     = "a folder of these opened"
	rowBeyondPeak     = "peak memory with these"
	rowLoad           = "load laid on the server by one idle explorer"
)

// place returns the position of a row in the table.
func place(what string) int {
	return slices.Index([]string{
		rowFirstTree, rowAllKnown, rowPeak, rowFurther, rowPast, rowCursor, rowFindPlain, rowFindFuzzy, rowChange, rowWork,
		rowIdle, rowIdleBytes, rowCursorBytes, rowChangeBytes, rowDelete, rowUndo,
		rowConsulFirst, rowConsulKnown, rowZooKeeperFirst, rowZooKeeperKnown, rowLoad,
		rowBeyondFirst, rowBeyondLive, rowBeyondOpen, rowBeyondPeak,
	}, what)
}
