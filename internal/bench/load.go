package main

import (
	"fmt"
	"time"
)

// measureLoad measures the load of one idle explorer on the server, by the
// server's own statistics.
func (e *etcd) measureLoad() ([]row, error) {
	none, err := e.metrics()
	if err != nil {
		return nil, err
	}
	x, err := e.explorer(e.many)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	time.Sleep(e.calm)
	before, err := e.metrics()
	if err != nil {
		return nil, err
	}
	time.Sleep(e.watched)
	after, err := e.metrics()
	if err != nil {
		return nil, err
	}
	const watchers, streams, calls = "etcd_debugging_mvcc_watcher_total", "etcd_debugging_mvcc_watch_stream_total", "grpc_server_started_total"
	watches := after[watchers] - none[watchers]
	requests := after[calls] - before[calls]
	return []row{row{
		what:  rowLoad,
		kvist: fmt.Sprintf("%.0f watch in %.0f stream, %.0f calls in %v", watches, after[streams]-none[streams], requests, e.watched),
		goal:  "1 watch",
	}.judged(watches == 1)}, nil
}
