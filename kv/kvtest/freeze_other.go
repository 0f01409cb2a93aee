//go:build !unix

package kvtest

// Freeze does nothing: no process can be suspended here.
func (s *Server) Freeze() {}

// Thaw does nothing.
func (s *Server) Thaw() {}

// freezes reports whether the server can be frozen: not on this system.
func (s *Server) freezes() bool { return false }
