package kvtest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"time"

	"kvist/kv"
)

// clientRole makes the test binary hold ephemeral keys and a lock until it is
// killed.
const clientRole = "client"

// holding is what the client prints once it holds everything.
const holding = "holding"

// child is a client in a process of its own.
type child struct {
	cmd *exec.Cmd
}

// startChild starts a client that puts the keys "ephemeral" and "heartbeat" and
// takes the lock "held", and waits until it has.
func (g *ground) startChild() *child {
	g.Helper()
	binary, err := os.Executable()
	if err != nil {
		g.Fatal(err)
	}
	cmd := exec.Command(binary, "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv(clientRole, map[string]string{
		"backend": string(g.h.Backend), "addr": g.server.Addr, "prefix": g.prefix, "ttl": g.ttl().String(),
	})...)
	cmd.SysProcAttr = dieWithParent()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		g.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		g.Fatal(err)
	}
	c := &child{cmd}
	g.Cleanup(c.kill)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != holding+"\n" {
		g.Fatalf("the client said %q, %v", line, err)
	}
	return c
}

// kill ends the client without any chance to clean up.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may have been killed before
	_ = c.cmd.Wait()
}

// holdKeys is the client's main function.
func holdKeys(args map[string]string) error {
	ttl, err := time.ParseDuration(args["ttl"])
	if err != nil {
		return err
	}
	s, err := kv.NewStore(kv.Backend(args["backend"]), []string{args["addr"]}, &kv.Config{EphemeralTTL: ttl})
	if err != nil {
		return err
	}
	for rest, options := range map[string]*kv.WriteOptions{
		"ephemeral": {Ephemeral: true}, "heartbeat": {Ephemeral: true, Heartbeat: ttl / 3},
	} {
		if err := s.Put(args["prefix"]+"/"+rest, []byte("v"), options); err != nil {
			return err
		}
	}
	lock, err := s.NewLock(args["prefix"]+"/held", &kv.LockOptions{Value: []byte("by a client"), TTL: ttl})
	if err != nil {
		return err
	}
	if _, err := lock.Lock(); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, holding); err != nil {
		return err
	}
	select {} // until it is killed
}
