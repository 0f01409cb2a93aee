package tui

import "time"

// ageStep returns how long an age is shown unchanged.
func ageStep(age time.Duration) time.Duration {
	switch {
	case age < 10*time.Second:
		return 5 * time.Second
	case age < time.Minute:
		return 10 * time.Second
	case age < time.Hour:
		return time.Minute
	default:
		return time.Hour
	}
}

// ago says how long ago something was, in the steps of ageStep.
func ago(now, at time.Time) string {
	age := max(0, now.Sub(at))
	if age < ageStep(age) {
		return "just now"
	}
	return short(age.Truncate(ageStep(age))) + " ago"
}

// short writes a duration in its largest unit: "8s", "12m", "3h", "2d".
func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		return itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return itoa(int(d/time.Hour)) + "h"
	default:
		return itoa(int(d/(24*time.Hour))) + "d"
	}
}
