package undo

// Chunk sets how many records are looked at, and written, at once.
func (u *Undo) Chunk(n int) { u.some = n }
