package runcmd

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/blkiodev"
	"github.com/moby/moby/api/types/container"
)

// resources: every limit.
func (b *builder) resources() {
	h := b.h
	b.number("--memory", h.Memory)
	b.number("--memory-reservation", h.MemoryReservation)
	if h.MemorySwap != 2*h.Memory {
		b.number("--memory-swap", h.MemorySwap)
	}
	if h.MemorySwappiness != nil && *h.MemorySwappiness >= 0 {
		b.add("--memory-swappiness", plain(fmt.Sprint(*h.MemorySwappiness)))
	}
	b.number("--kernel-memory", b.kernelMemory())
	b.toggle("--oom-kill-disable", h.OomKillDisable != nil && *h.OomKillDisable)
	if h.NanoCPUs != 0 {
		b.text("--cpus", strconv.FormatFloat(float64(h.NanoCPUs)/1e9, 'f', -1, 64))
	}
	b.number("--cpu-shares", h.CPUShares)
	b.number("--cpu-period", h.CPUPeriod)
	b.number("--cpu-quota", h.CPUQuota)
	b.number("--cpu-rt-period", h.CPURealtimePeriod)
	b.number("--cpu-rt-runtime", h.CPURealtimeRuntime)
	b.text("--cpuset-cpus", h.CpusetCpus)
	b.text("--cpuset-mems", h.CpusetMems)
	if h.PidsLimit != nil {
		b.number("--pids-limit", *h.PidsLimit)
	}
	for _, u := range h.Ulimits {
		if u != nil {
			b.text("--ulimit", fmt.Sprintf("%s=%d:%d", u.Name, u.Soft, u.Hard))
		}
	}
	if h.ShmSize != defaultShm {
		b.number("--shm-size", h.ShmSize)
	}
	b.text("--cgroup-parent", h.CgroupParent)
	b.blockIO()
}

// defaultShm is the engine's own size of /dev/shm (moby daemon/config,
// DefaultShmSize).
const defaultShm = 64 << 20

func (b *builder) blockIO() {
	b.number("--blkio-weight", int64(b.h.BlkioWeight))
	for _, d := range b.h.BlkioWeightDevice {
		if d != nil {
			b.text("--blkio-weight-device", fmt.Sprintf("%s:%d", d.Path, d.Weight))
		}
	}
	for _, l := range []struct {
		name    string
		devices []*blkiodev.ThrottleDevice
	}{
		{"--device-read-bps", b.h.BlkioDeviceReadBps},
		{"--device-write-bps", b.h.BlkioDeviceWriteBps},
		{"--device-read-iops", b.h.BlkioDeviceReadIOps},
		{"--device-write-iops", b.h.BlkioDeviceWriteIOps},
	} {
		for _, d := range l.devices {
			if d != nil {
				b.text(l.name, fmt.Sprintf("%s:%d", d.Path, d.Rate))
			}
		}
	}
}

// raw are fields that older engines write and the types have lost.
type raw struct {
	Config     struct{ MacAddress string }
	HostConfig struct {
		KernelMemory    int64
		KernelMemoryTCP int64
	}
}

func (b *builder) raw() raw {
	var r raw
	if len(b.in.Raw) > 0 && json.Unmarshal(b.in.Raw, &r) != nil {
		return raw{}
	}
	return r
}

func (b *builder) kernelMemory() int64 { return b.raw().HostConfig.KernelMemory }

// devices: what of the host's hardware is inside.
func (b *builder) devices() {
	for _, d := range b.h.Devices {
		mapping := d.PathOnHost
		if d.PathInContainer != d.PathOnHost || d.CgroupPermissions != "rwm" {
			mapping += ":" + d.PathInContainer
		}
		if d.CgroupPermissions != "rwm" && d.CgroupPermissions != "" {
			mapping += ":" + d.CgroupPermissions
		}
		b.text("--device", mapping)
	}
	b.each("--device-cgroup-rule", b.h.DeviceCgroupRules)
	for _, r := range b.h.DeviceRequests {
		b.deviceRequest(r)
	}
}

// deviceRequest is a device by its CDI name, or GPUs.
func (b *builder) deviceRequest(r container.DeviceRequest) {
	if r.Driver == "cdi" {
		b.each("--device", r.DeviceIDs)
		return
	}
	fields := []string{}
	if r.Driver != "" {
		fields = append(fields, "driver="+r.Driver)
	}
	switch {
	case len(r.DeviceIDs) > 0:
		fields = append(fields, "device="+strings.Join(r.DeviceIDs, ","))
	case r.Count == -1:
		fields = append(fields, "count=all")
	default:
		fields = append(fields, fmt.Sprintf("count=%d", r.Count))
	}
	gpu, others := false, []string{}
	if len(r.Capabilities) == 1 {
		for _, c := range r.Capabilities[0] {
			if c == "gpu" {
				gpu = true
			} else {
				others = append(others, c)
			}
		}
	}
	if !gpu {
		b.note("It asks the device driver %q for something that docker run has no flag for.", r.Driver)
		return
	}
	if len(others) > 0 {
		fields = append(fields, "capabilities="+strings.Join(others, ","))
	}
	if len(r.Options) > 0 {
		var options []string
		for _, key := range sortedKeys(r.Options) {
			options = append(options, key+"="+r.Options[key])
		}
		fields = append(fields, "options="+csvLine(options))
	}
	b.text("--gpus", csvLine(fields))
}
