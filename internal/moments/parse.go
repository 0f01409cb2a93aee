package moments

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Wish is a moment as somebody asked for it. Exactly one field is set.
type Wish struct {
	Now      bool
	Revision uint64
	Back     uint64    // so many revisions before the one that is shown
	At       time.Time // a time, whose revision a Log may know
}

// Forms are the ways to name a moment, for those who have to type one.
const Forms = "1234, -10, 5m ago, 14:05, now"

var errForm = errors.New("that names no moment; these do: " + Forms)

var (
	revisionForm = regexp.MustCompile(`^(?:revision|rev|r)?\s*(\d[\d ,_]*)$`)
	agoForm      = regexp.MustCompile(`^((?:\d+\s*(?:d|h|m|s|min|sec)\s*)+)(?:ago)?$`)
	partForm     = regexp.MustCompile(`(\d+)\s*(min|sec|d|h|m|s)`)
	clockForm    = regexp.MustCompile(`^(\d{1,2}):(\d\d)(?::(\d\d))?$`)
)

// Parse reads a moment. A time of day is the latest one that is over.
func Parse(text string, now time.Time) (Wish, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "now" {
		return Wish{Now: true}, nil
	}
	if digits, ok := strings.CutPrefix(text, "-"); ok {
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 63)
		if err != nil || n == 0 {
			return Wish{}, errForm
		}
		return Wish{Back: n}, nil
	}
	if found := revisionForm.FindStringSubmatch(text); found != nil {
		n, err := strconv.ParseUint(strings.NewReplacer(" ", "", ",", "", "_", "").Replace(found[1]), 10, 63)
		if err != nil || n == 0 {
			return Wish{}, errors.New("there is no such revision")
		}
		return Wish{Revision: n}, nil
	}
	if found := agoForm.FindStringSubmatch(text); found != nil {
		age, err := parseAge(found[1])
		return Wish{At: now.Add(-age)}, err
	}
	if found := clockForm.FindStringSubmatch(text); found != nil {
		return parseClock(found, now)
	}
	return Wish{}, errForm
}

// parseAge adds up "1h 30m".
func parseAge(text string) (time.Duration, error) {
	units := map[string]time.Duration{
		"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "min": time.Minute, "s": time.Second, "sec": time.Second,
	}
	age := time.Duration(0)
	for _, part := range partForm.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(part[1])
		if err != nil || n > 1_000_000 {
			return 0, errors.New("that is too long ago")
		}
		age += time.Duration(n) * units[part[2]]
	}
	return age, nil
}

// parseClock reads "14:05" or "14:05:30".
func parseClock(found []string, now time.Time) (Wish, error) {
	hour, _ := strconv.Atoi(found[1])
	minute, _ := strconv.Atoi(found[2])
	second, _ := strconv.Atoi(found[3]) // 0 where there is none
	if hour > 23 || minute > 59 || second > 59 {
		return Wish{}, errForm
	}
	now = now.Local()
	at := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, second, 0, now.Location())
	if at.After(now) {
		at = at.AddDate(0, 0, -1)
	}
	return Wish{At: at}, nil
}
