package kvtest

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

// Allow returns how long something may take that takes at most d on a machine with nothing else
// to do: longer by as much as more wants to run than there are processors. Tests run many at a
// time, and beside others. Where the system does not show how much wants to run, it is d.
func Allow(d time.Duration) time.Duration {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return d
	}
	var runnable float64
	if _, err := fmt.Sscan(string(text), &runnable); err != nil {
		return d
	}
	return d + time.Duration(float64(d)*runnable/float64(runtime.NumCPU()))
}
