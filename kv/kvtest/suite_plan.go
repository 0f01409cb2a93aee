package kvtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kvist/kv"
)

var planPromises = []promise{
	{"PlanIsExactlyTheSubtree", testPlan},
	{"PlanOfNothing", testPlanNothing},
	{"PlanIsCarriedOut", testPlanCarriedOut},
	{"PlanKeepsWhatChangedSince", testPlanChanged},
	{"PlanIsCancelled", testPlanCancelled},
	{"PlanOfSeveralIsOne", testPlanOfSeveral},
}

func (g *ground) plan(rest string) *kv.Plan {
	g.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	plan, err := kv.MakePlan(ctx, g.s, g.key(rest))
	if err != nil {
		g.Fatal(err)
	}
	return plan
}

// planned returns the keys of a plan, without directories.
func (g *ground) planned(plan *kv.Plan) []string {
	var rests []string
	for _, k := range plan.Keys {
		if !g.h.Directories || k.Size > 0 {
			rests = append(rests, strings.TrimPrefix(k.Key, g.prefix+"/"))
		}
	}
	return rests
}

func testPlan(g *ground) {
	for _, rest := range []string{"a/x", "a/b/c", "ab", "a-b/c"} {
		g.put(rest, "12")
	}
	if err := g.s.Put(g.key("a/e"), []byte("34"), g.renewed()); err != nil {
		g.Fatal(err)
	}
	plan := g.plan("a")
	g.equal("planned", g.planned(plan), []string{"a/b/c", "a/e", "a/x"})
	for _, k := range plan.Keys {
		if k.Key == g.key("a/e") {
			if k.Flags&(kv.Ephemeral|kv.Leased) == 0 {
				g.Errorf("an ephemeral key is planned as %+v", k)
			}
			continue // renewing it may change its index
		}
		if pair, err := g.s.Get(k.Key); err == nil && pair.LastIndex != k.Index {
			g.Errorf("%s is planned with index %d, it has %d", k.Key, k.Index, pair.LastIndex)
		}
	}
	if n := plan.Totals().Owned; n != 1 {
		g.Errorf("%d keys are owned by somebody: %+v", n, plan.Keys)
	}
	g.equal("a plan changes nothing", g.list("a"), []string{"a/b/c=12", "a/e=34", "a/x=12"})
}

func testPlanNothing(g *ground) {
	for prefix, kind := range map[string]error{g.key("none"): kv.ErrKeyNotFound, "": kv.ErrInvalidKey, "/": kv.ErrInvalidKey} {
		_, err := kv.MakePlan(context.Background(), g.s, prefix)
		g.is(fmt.Sprintf("plan of %q", prefix), err, kind)
	}
	_, err := kv.MakePlan(context.Background(), g.s, g.key("none//")) // some stores cannot hold it
	var e *kv.Error
	if !errors.As(err, &e) || e.Op != "plan" {
		g.Errorf("the plan of nothing is told as %v", err)
	}
}

func testPlanCarriedOut(g *ground) {
	for i := range 200 {
		g.put(fmt.Sprintf("a/%d/%03d", i%7, i), "v")
	}
	g.put("ab", "v")
	plan := g.plan("a")
	tried := 0
	report, err := plan.CarryOut(context.Background(), g.s, func(done int) { tried = max(tried, done) })
	if err != nil || report.Deleted != len(plan.Keys) || len(report.Kept)+len(report.Appeared)+report.Left > 0 || report.Cancelled {
		g.Errorf("report: %+v, %v; planned %d", report, err, len(plan.Keys))
	}
	if tried != len(plan.Keys) {
		g.Errorf("progress ended at %d of %d", tried, len(plan.Keys))
	}
	g.equal("after", g.list(""), []string{"ab=v"})
	if there := g.there("a"); there {
		g.Error("the directory stayed")
	}
}

// testPlanOfSeveral plans folders and keys at once, some of them inside others and
// one above others, while keys change and appear.
func testPlanOfSeveral(g *ground) {
	for _, rest := range []string{"a/x", "a/y", "b/1/p", "b/2", "c", "d", "stays"} {
		g.put(rest, "1")
	}
	alone := func(rest string) kv.Root {
		pair, err := g.s.Get(g.key(rest))
		if err != nil {
			g.Fatal(err)
		}
		return kv.Root{PlannedKey: kv.PlannedKey{Key: pair.Key, Index: pair.LastIndex, Size: len(pair.Value)}}
	}
	below := func(rest string) kv.Root { return kv.Root{PlannedKey: kv.PlannedKey{Key: g.key(rest)}, Below: true} }
	roots := []kv.Root{alone("c"), below("a"), alone("a/x"), below("b/1"), below("gone"), alone("d"), alone("c")}
	plan, err := kv.MakePlanOf(context.Background(), g.s, "several", roots)
	if err != nil {
		g.Fatal(err)
	}
	g.equal("planned", g.planned(plan), []string{"a/x", "a/y", "b/1/p", "c", "d"})
	g.put("d", "2")
	g.put("a/z", "1")
	tried := 0
	report, err := plan.CarryOut(context.Background(), g.s, func(done int) { tried = max(tried, done) })
	if err != nil {
		g.Fatal(err)
	}
	g.equal("after", g.list(""), []string{"a/z=1", "b/2=1", "d=2", "stays=1"})
	if !slices.Equal(report.Appeared, []string{g.key("a/z")}) || tried != len(plan.Keys) {
		g.Errorf("appeared: %q; tried %d of %d", report.Appeared, tried, len(plan.Keys))
	}
	i := slices.IndexFunc(report.Kept, func(o kv.Outcome) bool { return o.Key == g.key("d") })
	if i < 0 {
		g.Fatalf("kept: %+v", report.Kept)
	}
	g.is("the key that changed", report.Kept[i].Err, kv.ErrKeyModified)
	_, err = kv.MakePlanOf(context.Background(), g.s, "nothing", []kv.Root{below("gone"), below("gone/too")})
	g.is("a plan of what is gone", err, kv.ErrKeyNotFound)
}

// testPlanChanged has keys change, disappear and appear between the plan and
// its execution.
func testPlanChanged(g *ground) {
	for _, rest := range []string{"a/changed", "a/gone", "a/plain", "a/dir/recreated"} {
		g.put(rest, "1")
	}
	plan := g.plan("a")
	g.put("a/changed", "2")
	g.delete("a/gone")
	g.delete("a/dir/recreated")
	g.put("a/dir/recreated", "1")
	g.put("a/appeared", "1")
	report, err := plan.CarryOut(context.Background(), g.s, nil)
	if err != nil {
		g.Fatal(err)
	}
	g.equal("after", g.list("a"), []string{"a/appeared=1", "a/changed=2", "a/dir/recreated=1"})
	if !slices.Equal(report.Appeared, []string{g.key("a/appeared")}) {
		g.Errorf("appeared: %q", report.Appeared)
	}
	why := map[string]error{}
	for _, o := range report.Kept {
		why[strings.TrimPrefix(o.Key, g.prefix+"/")] = o.Err
	}
	for rest, kind := range map[string]error{"a/changed": kv.ErrKeyModified, "a/dir/recreated": kv.ErrKeyModified, "a/gone": kv.ErrKeyNotFound} {
		if !errors.Is(why[rest], kind) {
			g.Errorf("%s was kept because of %v", rest, why[rest])
		}
	}
	if report.Deleted != len(plan.Keys)-len(report.Kept) || report.Left != 0 {
		g.Errorf("report: %+v", report)
	}
}

func testPlanCancelled(g *ground) {
	g.put("a/x", "v")
	plan := g.plan("a")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	report, err := plan.CarryOut(ctx, g.s, nil)
	if !report.Cancelled || report.Left != len(plan.Keys) || report.Deleted != 0 {
		g.Errorf("report: %+v, %v", report, err)
	}
	g.equal("after", g.list("a"), []string{"a/x=v"})
}
