package config

import (
	"net"
	"strings"

	"kvist/internal/nearest"
)

// meant asks whether what, which names no store, was meant as the address of a
// server without its scheme, or with another protocol's; "" if nothing suggests
// that. It does not repeat what may hold a password.
func meant(what string) string {
	protocol, rest, hasProtocol := strings.Cut(what, "://")
	if !hasProtocol {
		protocol, rest = "", what
	}
	if strings.Contains(rest, "@") {
		return ""
	}
	servers, _, _ := strings.Cut(rest, "/")
	first, _, _ := strings.Cut(servers, ",")
	_, port, err := net.SplitHostPort(first)
	scheme, known := schemeAt(port)
	if near := nearest.To(strings.ToLower(protocol), schemeNames()...); near != "" && hasProtocol {
		return "; did you mean " + near + "://" + clean(rest) + "?"
	}
	for _, k := range stores {
		if hasProtocol && k.also != "" && protocol == k.also {
			return "; did you mean " + string(k.scheme) + "://" + clean(rest) + "?"
		}
	}
	switch {
	case hasProtocol && protocol != "http" && protocol != "https":
		return ""
	case err != nil && !hasProtocol:
		return ""
	case !known:
		return "; write what is there before the servers: " + titledAddresses(clean(rest))
	case protocol == "https":
		return "; did you mean --tls " + string(scheme) + "://" + clean(rest) + "?"
	}
	return "; did you mean " + string(scheme) + "://" + clean(rest) + "?"
}
