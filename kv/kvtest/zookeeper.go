package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// StartZooKeeper starts the machine's ZooKeeper (3.8 on Debian 12) for this
// test: a standalone server with the default tick of two seconds, so sessions
// last 4 to 40 seconds. Options: WithConfig, WithFlags, WithTLS.
func StartZooKeeper(t testing.TB, opts ...Option) *Server {
	t.Helper()
	return begin(t, zooKeeper, opts)
}

func zooKeeper(dir string, o options) (*Server, error) {
	java, classpath, err := javaFor(dir)
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	plain := address(ports[0])
	// Small size and a quick start matter more than long-term speed. Writes
	// that are not forced to disk outlive a killed process, if not the machine. Extended types are
	// znodes with a TTL. The server removes containers that became empty once an hour, not once a
	// minute, since a slow test would meet that and a quick one not.
	machine := []string{
		java, "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dzookeeper.forceSync=no",
		"-Dzookeeper.extendedTypesEnabled=true", "-Dznode.container.checkIntervalMs=3600000",
	}
	s := &Server{
		Name: "zookeeper", Addr: plain, Dir: dir,
		program: append(append(machine, o.flags...), "-cp", classpath,
			"org.apache.zookeeper.server.ZooKeeperServerMain", filepath.Join(dir, "zoo.cfg")),
		client: []string{
			java, "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classpath,
			"org.apache.zookeeper.ZooKeeperMain", "-server", plain,
		},
		serves: func(ctx context.Context) error { return zooKeeperServes(ctx, plain) },
	}
	lines := []string{
		"dataDir=" + filepath.Join(dir, "data"),
		fmt.Sprintf("clientPort=%d", ports[0]), "clientPortAddress=" + loopback,
		"tickTime=2000", "maxClientCnxns=0", "admin.enableServer=false", "4lw.commands.whitelist=*",
	}
	if o.certs != nil {
		s.Addr = address(ports[1])
		s.serves = func(ctx context.Context) error { // the ports open one after the other
			return errors.Join(zooKeeperServes(ctx, plain), listens(ctx, s.Addr))
		}
		lines = append(lines, secureLines(ports[1], o.certs)...)
	}
	text := strings.Join(append(lines, o.config), "\n") + "\n"
	return s, os.WriteFile(filepath.Join(dir, "zoo.cfg"), []byte(text), 0o600)
}

// secureLines configure the port that demands TLS with a client certificate.
// The plain port stays open, for readiness and the client.
func secureLines(port int, certs *Certificates) []string {
	return []string{
		fmt.Sprintf("secureClientPort=%d", port), "secureClientPortAddress=" + loopback,
		"serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory",
		"ssl.keyStore.type=PEM", "ssl.keyStore.location=" + certs.ServerBoth,
		"ssl.trustStore.type=PEM", "ssl.trustStore.location=" + certs.CA,
		"ssl.clientAuth=need", "ssl.hostnameVerification=false",
	}
}

// javaFor finds Java and ZooKeeper's libraries. dir gets the configuration of
// the log, which writes warnings and worse to standard error.
func javaFor(dir string) (java, classpath string, err error) {
	if java, err = program("java"); err != nil {
		return "", "", err
	}
	parts := []string{dir}
	// zookeeper.jar names most of its dependencies itself, except for a log and
	// the part of Netty that its TLS port needs.
	for _, name := range []string{"zookeeper.jar", "slf4j-simple.jar", "netty-codec.jar"} {
		path, err := library(name)
		if err != nil {
			return "", "", err
		}
		parts = append(parts, path)
	}
	err = os.WriteFile(filepath.Join(dir, "simplelogger.properties"), []byte("org.slf4j.simpleLogger.defaultLogLevel=warn\n"), 0o600)
	return java, strings.Join(parts, string(os.PathListSeparator)), err
}

// zooKeeperServes asks the server for its state by its four-letter words.
func zooKeeperServes(ctx context.Context, addr string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("srvr")); err != nil {
		return err
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return err
	}
	if !bytes.Contains(answer, []byte("Mode:")) {
		return fmt.Errorf("not serving: %s", answer)
	}
	return nil
}

// listens reports whether somebody accepts connections there.
func listens(ctx context.Context, addr string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}
