package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"kvist/internal/config"
)

// drift is the difference of clocks that is worth a word. The date of an answer
// has no more than seconds.
const drift = 5 * time.Second

// clock compares the clock of this machine with that of the first server that
// answers by HTTP, which ZooKeeper does not.
func (e *examination) clock(ctx context.Context) {
	scheme, path := "http", map[config.Scheme]string{
		config.Consul: "/v1/status/leader", config.Etcd: "/version", config.EtcdV2: "/version", config.EtcdV3: "/version",
	}[e.Target.Address.Scheme]
	if path == "" {
		e.unknown(CheckClock, "", "this store's servers do not say what time it is")
		return
	}
	if e.Target.Config.TLS != nil {
		scheme = "https"
	}
	transport := &http.Transport{TLSClientConfig: e.Target.Config.TLS}
	defer transport.CloseIdleConnections()
	client := &http.Client{Timeout: e.timeout(), Transport: transport}
	for _, endpoint := range e.Target.Address.Endpoints {
		apart, err := e.ask(ctx, client, scheme+"://"+endpoint+path)
		switch {
		case err != nil:
			continue
		case apart.Abs() > drift:
			e.failed(CheckClock, endpoint, "differs from this machine's by "+short(apart.Abs()),
				"Times that kvist shows, and those left of leases, are off by that much: check which clock is wrong (NTP).")
		default:
			e.passed(CheckClock, endpoint, "agrees with this machine's within "+drift.String())
		}
		return
	}
	e.unknown(CheckClock, "", "no server said what time it is")
}

// ask returns how far ahead the clock of a server is.
func (e *examination) ask(ctx context.Context, client *http.Client, url string) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	sent := e.Now()
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return 0, fmt.Errorf("the date of the answer: %w", err)
	}
	mine := sent.Add(e.Now().Sub(sent) / 2)
	return theirs.Sub(mine), nil
}
