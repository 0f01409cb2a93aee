package kvtest

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// The servers' ports lie below those that operating systems choose for outgoing
// connections, so that none of these takes a server's port while it restarts.
const (
	firstPort = 12_000
	lastPort  = 32_000
)

// freePorts finds n different ports on loopback that nobody listens on.
func freePorts(n int) ([]int, error) {
	var ports []int
	var held []net.Listener
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		l, err := net.Listen("tcp", address(port))
		if err != nil {
			continue
		}
		held = append(held, l) // until all are found, so that none comes twice
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, errors.New("no free ports on loopback")
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// DeadAddr returns a loopback address on which nobody listens.
func DeadAddr() string {
	ports, err := freePorts(1)
	if err != nil {
		return address(1)
	}
	return address(ports[0])
}
