package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTicks is in how many parts of a second Linux tells processor time; it
// is the same on every architecture that Go knows.
const clockTicks = 100

// memory is what a process takes, in KiB: now and at most.
type memory struct{ now, peak int64 }

// guarded is the process that explores: kvist on a terminal runs under a guard
// of its own.
func guarded(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if child, errChild := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && errChild == nil {
		return child
	}
	return pid
}

// memoryOf reads what Linux tells of a process.
func memoryOf(pid int) (memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return memory{}, err
	}
	var m memory
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		switch name {
		case "VmRSS":
			_, err = fmt.Sscan(rest, &m.now)
		case "VmHWM":
			_, err = fmt.Sscan(rest, &m.peak)
		}
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

// processorTime is how long a process has run on any core.
func processorTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name in parentheses may hold anything; utime and stime are the 12th
	// and 13th field behind it.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}
