package stories

import "testing"

// A configuration is copied from etcd v2 to Consul and edited there. Compared with its
// origin, the two keys that differ are found, a re-ordered object is none of them, and
// both are brought back, by plans that u takes back again.
func TestAConfigurationIsComparedAndBroughtBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, placeOf("etcdv2"), placeOf("etcdv2").Shared(t))
	to := newScene(t, placeOf("consul"), placeOf("consul").Shared(t))
	to.home, to.prefix = s.home, s.prefix
	s.put("app/order.json", `{"a":1,"b":2}`)
	x := s.with("app/db/host", "app/db/port", "app/web/title")
	x.Sees("▸ app/")
	x.Press("c")
	x.Asked("PROFILE: or an address is another store")
	x.goesTo(to.address() + "/app")
	x.Asked("Copy plan", "4 keys created")
	x.Answer("y")
	x.Sees("copied 4 keys to " + to.address() + "/app")

	y := to.open()
	y.Sees("▸ app/")
	y.Press("=", "j", "j")
	y.Sees("value of app/db/host")
	y.Press("e")
	y.Sees(" editing ")
	y.Type("new ")
	y.Press("ctrl+s")
	y.Sees("saved " + to.key("app/db/host"))
	y.Quit()
	to.put("app/web/title", "another title")
	to.put("app/order.json", "{\n  \"b\": 2,\n  \"a\": 1\n}")

	x.Press("C")
	x.Asked("Compare "+s.key("app")+" with", "address is another store")
	x.goesTo(to.address() + "/app")
	x.Sees("~ 2 different · = 1 in another order or layout", "with "+to.address()+"/app")
	x.Press("n")
	x.Sees("- value of app/db/host", "+ new value of app/db/host")
	x.Press("<")
	x.Asked("Copy plan", "bring app/db/host of "+to.address()+"/app", "to "+s.key("app"), "1 key overwritten")
	x.Answer("y")
	x.Sees("copied 1 key", "~ 1 different · = 1")
	x.Press("n")
	x.Sees("- value of app/web/title", "+ another title")
	x.Press("<")
	x.Asked("Copy plan", "bring app/web/title", "1 key overwritten")
	x.Answer("y")
	x.Sees("the same · = 1 in another order or layout")
	s.stays("app/db/host", "new value of app/db/host")
	s.stays("app/web/title", "another title")
	s.stays("app/order.json", `{"a":1,"b":2}`)

	x.undone("bring app/web/title", "app/web/title")
	x.Sees("~ 1 different")
	s.stays("app/web/title", "value of app/web/title")
	to.stays("app/web/title", "another title")
	x.Quit()
}
