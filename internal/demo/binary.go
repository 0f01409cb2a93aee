package demo

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// stopwords are the words that a search does not look for, compressed.
func stopwords() ([]pair, error) {
	words := strings.Fields(`a about after all also am an and any are as at be because been before being
		between both but by can did do does down during each few for from further had has have
		having he her here hers him his how i if in into is it its just me more most my no nor
		not now of off on once only or other our out over own same she should so some such than
		that the their them then there these they this those through to too under until up very
		was we were what when where which while who whom why will with you your`)
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w.Name = "stopwords.txt"
	for _, word := range words {
		fmt.Fprintln(w, word)
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return []pair{{"config/search/stopwords.txt.gz", packed.String()}}, nil
}

// kubernetes is an object as Kubernetes' API server keeps it in etcd: a prefix,
// and a runtime.Unknown in the protocol buffers' encoding around the object's
// own. The numbers of the fields are those of generated.proto of
// k8s.io/apimachinery and k8s.io/api/core/v1.
func (c *Cluster) kubernetes() []pair {
	meta := message{}.text(1, "web-settings").text(3, "shop").text(5, uid(c.dice.bytes(16))).
		nested(8, message{}.number(1, uint64(c.now().Add(-certificateAge).Unix()))). //nolint:gosec // after 1970
		entry(11, "app.kubernetes.io/name", "web").
		entry(11, "app.kubernetes.io/managed-by", "helm")
	object := message{}.nested(1, meta).
		entry(2, "LOG_LEVEL", "info").
		entry(2, "UPSTREAM", "http://api.shop.svc:8443").
		entry(2, "nginx.conf", "worker_processes auto;\nevents {\n\tworker_connections 1024;\n}\n")
	stored := message{}.nested(1, message{}.text(1, "v1").text(2, "ConfigMap")).
		nested(2, object).text(3, "").text(4, "")
	return []pair{{"registry/configmaps/shop/web-settings", "k8s\x00" + string(stored)}}
}

// uid writes sixteen bytes as a UUID of version 4.
func uid(b []byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// message is a message in the protocol buffers' encoding. Each method returns
// it with one more field.
type message []byte

func (m message) text(field protowire.Number, s string) message {
	return protowire.AppendString(protowire.AppendTag(m, field, protowire.BytesType), s)
}

func (m message) nested(field protowire.Number, inner message) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), inner)
}

func (m message) number(field protowire.Number, n uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), n)
}

// entry adds an entry of a map of texts.
func (m message) entry(field protowire.Number, key, value string) message {
	return m.nested(field, message{}.text(1, key).text(2, value))
}
