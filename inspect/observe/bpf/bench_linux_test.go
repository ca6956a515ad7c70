package bpf

import (
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf/btf"
)

// timedOpen is how many nanoseconds an open and close takes a process in the
// cgroup.
func timedOpen(b *testing.B, dir string) float64 {
	b.Helper()
	d, err := os.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	c := command(b, "time")
	c.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(d.Fd())}
	out, err := c.Output()
	if err != nil {
		b.Fatal(err)
	}
	processor, _, _ := strings.Cut(string(out), " ")
	n, err := strconv.ParseFloat(processor, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkOpenClose says how many times longer an open and close takes in a
// container that is watched, in one beside it, and in one that is watched while
// three others are, too, by the best of all rounds; and how many of these calls
// strace -f counted and the watch did not.
func BenchmarkOpenClose(b *testing.B) {
	dir, name := cgroup(b, unified)
	plain, watched, beside, crowded := math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)
	under := func(names ...string) float64 {
		var all []*Recorder
		for _, name := range names {
			all = append(all, start(b, name, false))
		}
		ns := timedOpen(b, dir)
		for _, r := range all {
			if o, err := r.Stop(); err != nil || o.Lost.Any() {
				b.Fatalf("lost %s, %v", o.Lost, err)
			}
		}
		return ns
	}
	for b.Loop() {
		plain = min(plain, timedOpen(b, dir))
		watched = min(watched, under(name))
		beside = min(beside, under(name+"-other"))
		crowded = min(crowded, under(name, name+"-b", name+"-c", name+"-d"))
	}
	counted, seen := besideStrace(b, "again", "time")
	if counted["openat"] < 20000 {
		b.Errorf("strace counted only %d openat", counted["openat"])
	}
	lost := 0.0
	for _, call := range []string{"openat", "close"} {
		lost += max(0, float64(counted[call])-float64(seen[call]))
	}
	b.ReportMetric(float64(counted["openat"]), "opens-straced")
	b.ReportMetric(lost, "lost-against-strace")
	b.ReportMetric(watched/plain, "x-watched")
	b.ReportMetric(beside/plain, "x-beside")
	b.ReportMetric(crowded/plain, "x-watched-beside-three")
	b.ReportMetric(plain, "ns-plain")
}

// BenchmarkOpen is how long it takes until a watch stands.
func BenchmarkOpen(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("only root may load observing programs")
	}
	for b.Loop() {
		r, err := watch([]string{"bulkhead-benchmark"}, false, standard, capabilityChecks, btf.LoadKernelSpec)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
