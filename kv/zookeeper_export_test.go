package kv

// LostHistory reports whether a server lost a transaction.
func (s *Zookeeper) LostHistory(address string, zxid int64) bool {
	return s.dialer.LostHistory(s.ctx, address, zxid)
}
