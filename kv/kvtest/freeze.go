//go:build unix

package kvtest

import "syscall"

// Freeze suspends the server (SIGSTOP): its connections stay, the kernel
// accepts new ones, and nothing is answered.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw resumes a frozen server.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(how syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(how) // it may have ended by itself
	}
}

// freezes reports whether the server is a process of its own, which can be
// frozen.
func (s *Server) freezes() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd != nil
}
