package consulhttp

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// BadAnswer is the error of an answer that an agent should not give, or that is too large.
type BadAnswer string

func (b BadAnswer) Error() string { return string(b) }

// errNotList is the error of an answer that is not a listing.
const errNotList BadAnswer = "an answer that is no list of keys"

// tooLong is the error of a part of an answer that exceeds a bound in bytes.
func tooLong(part string, most int) error {
	return BadAnswer(fmt.Sprintf("%s of more than %d bytes", part, most))
}

var (
	// ErrNotSent marks a request of which not even the head was written.
	ErrNotSent = errors.New("not sent")
	// ErrStalled says that contact was lost without an error of the network.
	ErrStalled = errors.New("nothing came for too long")
	// ErrNoLeader is the error of an agent that answers and knows no leader.
	ErrNoLeader = errors.New("the agent knows no leader")
)

// EndpointError is an error of one endpoint.
type EndpointError struct {
	Host string
	Err  error
}

func (e EndpointError) Error() string { return e.Err.Error() }

// Unwrap returns the error without its endpoint.
func (e EndpointError) Unwrap() error { return e.Err }

// EndpointErrors are the errors of several endpoints, none of which was sent a write.
type EndpointErrors []error

// Error returns the text of each, with its endpoint.
func (e EndpointErrors) Error() string {
	words := make([]string, len(e))
	for i, err := range e {
		words[i] = err.Error()
		var at EndpointError
		if errors.As(err, &at) {
			words[i] = at.Host + ": " + words[i]
		}
	}
	return strings.Join(words, "; ")
}

// Unwrap returns each for errors.Is and errors.As.
func (e EndpointErrors) Unwrap() []error { return e }

// hosts returns the endpoints.
func (e EndpointErrors) hosts() string {
	var hosts []string
	for _, err := range e {
		var at EndpointError
		if errors.As(err, &at) {
			hosts = append(hosts, at.Host)
		}
	}
	return strings.Join(hosts, ",")
}

// HostOf returns the endpoint that an error comes from, or the endpoints, separated by commas; ""
// for an error that comes from none.
func HostOf(err error) string {
	var at EndpointError
	var all EndpointErrors
	switch {
	case errors.As(err, &all):
		return all.hosts()
	case errors.As(err, &at):
		return at.Host
	}
	return ""
}

// Cause returns why ctx was cancelled, if there is a reason besides its own end, and else err.
func Cause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, ctx.Err()) {
		return cause
	}
	return err
}
