// Package consulhttp speaks Consul's HTTP API for a program that must not hang, run out of memory
// or write twice. It sends each request to an endpoint that answers, ends what waits for an agent
// that has stopped answering, bounds every answer, and reads listings of any size as they come.
//
// It knows the API but no store: keys are Consul's, results are those of Consul's own client, and
// errors are its own. It imports nothing of kv but what lies beside it.
package consulhttp
