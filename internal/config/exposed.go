package config

import (
	"fmt"
	"net"
	"strings"
)

// exposed returns warnings about what others can read or forge on the way to
// the servers of t. asked are the settings of flags and profile, without the
// environment.
func (t Target) exposed(asked Settings) []string {
	byHand := asked.Insecure != nil && *asked.Insecure
	var warnings []string
	switch {
	case t.Unverified && byHand:
		warnings = append(warnings, unverified+" (--insecure-skip-verify, insecure_skip_verify)")
	case t.Unverified:
		warnings = append(warnings, unverified+", as the environment says ("+insecureVariables()+")")
	case t.Config.TLS == nil && byHand:
		warnings = append(warnings, "insecure_skip_verify does not switch TLS on: the connection is plain text; --tls (tls = true) encrypts it")
	}
	secret := "password"
	if t.Config.Token != "" {
		secret = "token"
	}
	if t.Config.Password == "" && t.Config.Token == "" {
		return warnings
	}
	if host := firstDistant(t.Address.Endpoints); t.Config.TLS == nil && host != "" {
		warnings = append(warnings, fmt.Sprintf("the %s is sent to %s in plain text, which others on the way can read; --tls (tls = true) encrypts it", secret, host))
	}
	return warnings
}

// unverified is the warning about a server that anybody can impersonate.
const unverified = "the server's certificate is not verified: anybody on the way there can read and change everything"

// firstDistant returns the first of endpoints that is not on this machine; ""
// when all are.
func firstDistant(endpoints []string) string {
	for _, endpoint := range endpoints {
		host, _, err := net.SplitHostPort(endpoint)
		name := strings.ToLower(strings.TrimSuffix(host, "."))
		ip := net.ParseIP(host)
		if err == nil && name != "localhost" && !strings.HasSuffix(name, ".localhost") && (ip == nil || !ip.IsLoopback()) {
			return endpoint
		}
	}
	return ""
}
