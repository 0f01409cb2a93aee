package demo

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

// instanceTTL is how long a registration outlives its instance.
const instanceTTL = 30 * time.Second

// instance is one process of a service, registered on a lease of its own.
type instance struct {
	service, name string
	session       *concurrency.Session
	state         registration
}

// registration is the state that an instance publishes.
type registration struct {
	Address  string  `json:"address"`
	Version  string  `json:"version"`
	Started  string  `json:"started"`
	Load     float64 `json:"load"`
	Requests int     `json:"requestsPerSecond"`
	Healthy  bool    `json:"healthy"`
}

// register starts the services.
func (c *Cluster) register(ctx context.Context) error {
	for _, service := range []struct {
		name      string
		instances int
	}{{"api", 5}, {"auth", 3}, {"billing", 3}, {"cache", 4}, {"gateway", 3}, {"mail", 2}, {"search", 4}, {"web", 5}} {
		for range service.instances {
			if err := c.appear(ctx, service.name, time.Duration(c.dice.between(1, 200))*time.Hour); err != nil {
				return err
			}
		}
	}
	return nil
}

// appear starts an instance that has been up for some time.
func (c *Cluster) appear(ctx context.Context, service string, up time.Duration) error {
	session, err := c.session(ctx, instanceTTL)
	if err != nil {
		return err
	}
	i := &instance{
		service: service, name: fmt.Sprintf("%s-%04x", service, c.dice.n(1<<16)), session: session,
		state: registration{
			Address: fmt.Sprintf("10.0.3.%d:%d", c.dice.between(10, 18), c.dice.between(20000, 29999)),
			Version: fmt.Sprintf("2.%d.%d", c.dice.between(13, 14), c.dice.n(4)),
			Started: c.stamp(up), Load: float64(c.dice.between(5, 80)) / 100,
			Requests: c.dice.between(20, 900), Healthy: true,
		},
	}
	c.instances = append(c.instances, i)
	return c.publish(ctx, i)
}

// publish writes an instance's registration.
func (c *Cluster) publish(ctx context.Context, i *instance) error {
	_, err := c.client.Put(ctx, "services/"+i.service+"/"+i.name, asJSON(i.state), clientv3.WithLease(i.session.Lease()))
	return err
}

// beat updates one instance's load. An instance that cannot publish, because
// somebody revoked its lease, is gone.
func (c *Cluster) beat(ctx context.Context) error {
	if len(c.instances) == 0 {
		return c.arrive(ctx)
	}
	at := c.dice.n(len(c.instances))
	i := c.instances[at]
	i.state.Load = min(max(i.state.Load+float64(c.dice.between(-9, 9))/100, 0.01), 0.99)
	i.state.Load = float64(int(i.state.Load*100)) / 100
	i.state.Requests = max(i.state.Requests+c.dice.between(-60, 60), 1)
	i.state.Healthy = i.state.Load < 0.95
	err := c.publish(ctx, i)
	if err != nil {
		c.forget(at)
	}
	return err
}

// forget removes an instance from the list.
func (c *Cluster) forget(at int) {
	i := c.instances[at]
	c.instances = append(c.instances[:at], c.instances[at+1:]...)
	c.sessions.end(i.session)
}

// depart stops an instance; its registration ends with its lease.
func (c *Cluster) depart(context.Context) error {
	if len(c.instances) > 0 {
		c.forget(c.dice.n(len(c.instances)))
	}
	return nil
}

// arrive starts a new instance of a service.
func (c *Cluster) arrive(ctx context.Context) error {
	return c.appear(ctx, pick(c.dice, []string{"api", "cache", "search", "web"}), 0)
}
