package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTicks is how many ticks a second has in Linux's processor times; it is
// the same on every architecture that Go supports.
const clockTicks = 100

// memory is a process's memory, in KiB: now and at most.
type memory struct {
	now, peak int64
	files     int64 // of it now, pages of files, such as the program itself
}

// guarded returns the process that explores: on a terminal kvist runs under a
// guard.
func guarded(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if child, errChild := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && errChild == nil {
		return child
	}
	return pid
}

// memoryOf reads from Linux the memory of a process and of the processes that
// it started, since one of these may do the work. A program's own pages count once,
// however many processes run it.
func memoryOf(pid int) (memory, error) {
	var all memory
	files := map[string]int64{} // by program
	for pids := []int{pid}; len(pids) > 0; pids = pids[1:] {
		m, err := memoryOfOne(pids[0])
		if err != nil {
			return all, err
		}
		program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pids[0]))
		if err != nil {
			return all, err
		}
		all.now, all.peak = all.now+m.now-m.files, all.peak+m.peak-m.files
		files[program] = max(files[program], m.files)
		pids = append(pids, childrenOf(pids[0])...)
	}
	for _, n := range files {
		all.files += n
	}
	all.now, all.peak = all.now+all.files, all.peak+all.files
	return all, nil
}

// childrenOf returns the processes that a process started.
func childrenOf(pid int) []int {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var children []int
	for _, task := range tasks {
		text, _ := os.ReadFile(task) // a thread that is gone started none
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}

func memoryOfOne(pid int) (memory, error) {
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
		case "RssFile":
			_, err = fmt.Sscan(rest, &m.files)
		}
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

// processorTime returns how long a process has run on any core.
func processorTime(pid int) (time.Duration, error) {
	all, err := processorTimeOfOne(pid)
	if err != nil {
		return 0, err
	}
	for _, child := range childrenOf(pid) {
		more, err := processorTime(child)
		if err != nil {
			return 0, err
		}
		all += more
	}
	return all, nil
}

func processorTimeOfOne(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name in parentheses may hold anything; utime and stime are the 12th
	// and 13th field after it.
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
