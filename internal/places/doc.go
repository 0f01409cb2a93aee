// Package places keeps where an operator was in a store, and the keys to come back
// to: bookmarks, and the folders and other stores that were open when the explorer
// ended.
//
// The files and their forms are here. A bookmark is a file of its own, so that several
// programs can set and remove them without waiting for each other. All files of a
// store are found by its profile's name, or else by its address.
package places
