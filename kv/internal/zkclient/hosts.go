package zkclient

import "sync"

// silent is a logger that writes nothing: standard error belongs to the screen.
type silent struct{}

func (silent) Printf(string, ...any) {}

// hosts hands the servers to the library by turns. Their names are resolved at each dial, while
// the library's own provider resolves them once. So servers that moved are found, and TLS knows
// the name that it must ask for.
type hosts struct {
	mu      sync.Mutex
	servers []string
	next    int
	tried   int // since the last server that answered
}

// Init implements zk.HostProvider.
func (h *hosts) Init(servers []string) error {
	h.servers = servers
	return nil
}

// Len implements zk.HostProvider.
func (h *hosts) Len() int { return len(h.servers) }

// Next implements zk.HostProvider.
func (h *hosts) Next() (server string, retryStart bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	server = h.servers[h.next]
	h.next = (h.next + 1) % len(h.servers)
	retryStart = h.tried >= len(h.servers)
	if retryStart {
		h.tried = 0
	}
	h.tried++
	return server, retryStart
}

// Connected implements zk.HostProvider.
func (h *hosts) Connected() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tried = 0
}
