package config

import (
	"strconv"
	"strings"
	"time"
)

// Environ looks up an environment variable, as os.LookupEnv does.
type Environ func(name string) (string, bool)

// get returns the variable's value, "" if it is not set.
func (e Environ) get(name string) string {
	value, _ := e(name)
	return value
}

// native is what the environment says: settings, and the servers that the
// native client would connect to.
type native struct {
	Settings           // of the native client
	own       Settings // of kvist's own variables, which take precedence
	endpoints []string
	secure    *bool // whether to reach the endpoints by TLS; nil when unsaid
}

// native reads the environment for a kind of store: KVIST_… for all of them,
// then the variables of its native command line client.
func (e Environ) native(scheme Scheme) (native, error) {
	var n native
	var err error
	if k := scheme.store(); k != nil && k.environ != nil {
		n, err = k.environ(e, scheme.port())
	}
	n.own = Settings{
		User:     e.get("KVIST_USER"),
		Password: e.secret("KVIST_PASSWORD", "KVIST_PASSWORD_FILE"),
		Token:    e.secret("KVIST_TOKEN", "KVIST_TOKEN_FILE"),
	}
	if err == nil {
		err = CheckUser("KVIST_USER", n.own.User)
	}
	return n, err
}

// secret is in the variable value, or in the file that the variable file names.
// The file takes precedence, as it does for the consul command.
func (e Environ) secret(value, file string) Secret {
	if name := e.get(file); file != "" && name != "" {
		return Secret{File: name}
	}
	return Secret{given: e.get(value)}
}

// consul reads the variables of the consul command
// (https://developer.hashicorp.com/consul/commands#environment-variables).
func (e Environ) consul(port string) (native, error) {
	s := Settings{
		Token:      e.secret("CONSUL_HTTP_TOKEN", "CONSUL_HTTP_TOKEN_FILE"),
		CA:         e.get("CONSUL_CACERT"),
		Cert:       e.get("CONSUL_CLIENT_CERT"),
		Key:        e.get("CONSUL_CLIENT_KEY"),
		ServerName: e.get("CONSUL_TLS_SERVER_NAME"),
		Datacenter: e.get("CONSUL_DATACENTER"),
	}
	user, password, _ := strings.Cut(e.get("CONSUL_HTTP_AUTH"), ":")
	s.User, s.Password = user, Secret{given: password}
	endpoints, secure, err := e.endpoints("CONSUL_HTTP_ADDR", port)
	if err != nil {
		return native{}, err
	}
	if s.TLS, err = e.flag("CONSUL_HTTP_SSL"); err != nil {
		return native{}, err
	}
	if s.TLS == nil {
		s.TLS = new(false) // a CA alone does not switch TLS on for the consul command
	}
	verify, err := e.flag("CONSUL_HTTP_SSL_VERIFY")
	if verify != nil {
		s.Insecure = new(!*verify)
	}
	return native{Settings: s, endpoints: endpoints, secure: secure}, err
}

// etcd reads the variables of etcdctl: each of its flags as ETCDCTL_… in
// capitals (https://github.com/etcd-io/etcd/tree/main/etcdctl#configuration).
func (e Environ) etcd(port string) (native, error) {
	s := Settings{
		CA:         e.get("ETCDCTL_CACERT"),
		Cert:       e.get("ETCDCTL_CERT"),
		Key:        e.get("ETCDCTL_KEY"),
		ServerName: e.get("ETCDCTL_TLS_SERVER_NAME"),
	}
	user, password, inUser := strings.Cut(e.get("ETCDCTL_USER"), ":")
	if given := e.get("ETCDCTL_PASSWORD"); given != "" || !inUser {
		password = given
	}
	s.User, s.Password = user, Secret{given: password}
	endpoints, secure, err := e.endpoints("ETCDCTL_ENDPOINTS", port)
	if err != nil {
		return native{}, err
	}
	if s.Insecure, err = e.flag("ETCDCTL_INSECURE_SKIP_TLS_VERIFY"); err != nil {
		return native{}, err
	}
	if text := e.get("ETCDCTL_DIAL_TIMEOUT"); text != "" {
		if s.Timeout, err = time.ParseDuration(text); err != nil || s.Timeout <= 0 {
			return native{}, usagef("ETCDCTL_DIAL_TIMEOUT is %s, which is not a duration such as 5s", quote(text))
		}
	}
	return native{Settings: s, endpoints: endpoints, secure: secure}, nil
}

// endpoints reads a list of servers, each with or without http:// or https://
// before it; secure is nil where no server has either.
func (e Environ) endpoints(name, port string) (endpoints []string, secure *bool, err error) {
	value := e.get(name)
	if value == "" {
		return nil, nil, nil
	}
	for server := range strings.SplitSeq(value, ",") {
		server = strings.TrimSuffix(strings.TrimSpace(server), "/")
		if protocol, rest, ok := strings.Cut(server, "://"); ok {
			isTLS := protocol == "https"
			if !isTLS && protocol != "http" {
				return nil, nil, usagef("%s is %s; kvist reaches servers over http:// and https:// only", name, quote(value))
			}
			if secure != nil && *secure != isTLS {
				return nil, nil, usagef("%s mixes http:// and https://; kvist speaks one of them to all servers", name)
			}
			server, secure = rest, &isTLS
		}
		endpoint, err := parseEndpoint(server, port)
		if err != nil {
			return nil, nil, usagef("%s: %w", name, err)
		}
		endpoints = append(endpoints, endpoint)
	}
	return endpoints, secure, nil
}

// flag reads a variable that is true or false; nil if it is not set.
func (e Environ) flag(name string) (*bool, error) {
	value := e.get(name)
	if value == "" {
		return nil, nil
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return nil, usagef("%s is %s, which is neither true nor false", name, quote(value))
	}
	return &on, nil
}
