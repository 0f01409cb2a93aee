package kvtest

import "os"

// The Launch functions start servers for a program that is no test. The program
// must call Play first, kill each server at the end, and remove dir, where the
// server keeps its files.

// LaunchEtcd starts the machine's etcd, as StartEtcd does.
func LaunchEtcd(dir string, opts ...Option) (*Server, error) { return launch(dir, etcd, opts) }

// LaunchEtcdEmbedded starts the etcd that this module embeds, as
// StartEtcdEmbedded does: this program again, which must call Play.
func LaunchEtcdEmbedded(dir string, opts ...Option) (*Server, error) {
	return launch(dir, etcdEmbedded, opts)
}

// LaunchConsul starts a Consul server, as StartConsul does.
func LaunchConsul(dir string, opts ...Option) (*Server, error) { return launch(dir, consul, opts) }

// LaunchZooKeeper starts the machine's ZooKeeper, as StartZooKeeper does.
func LaunchZooKeeper(dir string, opts ...Option) (*Server, error) {
	return launch(dir, zooKeeper, opts)
}

// Play plays the role that this process was started for, until it is killed; it
// returns false if there is none.
func Play() (bool, error) {
	role := os.Getenv(RoleVar)
	if role == "" {
		return false, nil
	}
	return true, playRole(role)
}

// Program finds an executable as the tests do: in the repository's .tools/bin,
// else on PATH.
func Program(name string) (string, error) { return program(name) }
