package main

import (
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv"
)

// deleteTimes is the target of a delete plan, times `etcdctl del`.
const deleteTimes = 1.5

// measureDelete carries out plans, undoes them, and runs etcdctl by turns.
func (e *etcd) measureDelete() ([]row, error) {
	s, err := e.openRecorded(kv.ETCDV3, e.server.Addr)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	gone := keyspace{"gone", e.nodes, true}
	of := deleted{n: gone.n}
	for range e.rounds {
		if err := e.load(gone); err != nil {
			return nil, err
		}
		if err := of.round(s, gone.prefix); err != nil {
			return nil, err
		}
		back, err := e.client.Get(e.ctx, gone.prefix+"/", clientv3.WithPrefix(), clientv3.WithCountOnly())
		if err != nil {
			return nil, err
		}
		if back.Count != int64(gone.n) {
			return nil, fmt.Errorf("%d keys are there after a plan was undone", back.Count)
		}
		began := time.Now()
		said, err := e.etcdctl("del", "--prefix", gone.prefix+"/").Output()
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(string(said)) != fmt.Sprint(gone.n) {
			return nil, fmt.Errorf("etcdctl deleted %s of %d keys", said, gone.n)
		}
		of.native = append(of.native, time.Since(began))
		e.say("etcdctl del %s", took(time.Since(began)))
	}
	return of.rows("`etcdctl del --prefix`", deleteTimes), nil
}
