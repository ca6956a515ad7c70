package bpf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// layout finds where the running kernel keeps its fields. The first one that is
// missing is kept in err; the offsets after it are 0 and mean nothing.
type layout struct {
	spec *btf.Spec
	err  error
}

// at is the offset in bytes of a field, written "type.field.field". Anonymous
// structs and unions are looked into.
func (l *layout) at(path string) int32 {
	name, fields, _ := strings.Cut(path, ".")
	var typ *btf.Struct
	if err := l.spec.TypeByName(name, &typ); err != nil {
		l.fail(fmt.Errorf("struct %s: %w", name, err))
		return 0
	}
	var total uint32
	current := btf.Type(typ)
	for field := range strings.SplitSeq(fields, ".") {
		m, offset, ok := member(current, field)
		if !ok {
			l.fail(fmt.Errorf("%s: %w", path, errNoField))
			return 0
		}
		total += offset
		current = btf.UnderlyingType(m.Type)
	}
	return int32(total)
}

// first is the offset of the first of the fields that the kernel has: some
// were renamed.
func (l *layout) first(paths ...string) int32 {
	for _, path := range paths {
		try := layout{spec: l.spec}
		if offset := try.at(path); try.err == nil {
			return offset
		}
	}
	return l.at(paths[0])
}

// optional is the offset of a field that a kernel may lack; false where it does.
func (l *layout) optional(path string) (int32, bool) {
	try := layout{spec: l.spec}
	offset := try.at(path)
	return offset, try.err == nil
}

var errNoField = errors.New("this kernel has no such field")

func (l *layout) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// member finds a field in a struct or union and its offset in bytes.
func member(in btf.Type, name string) (btf.Member, uint32, bool) {
	var members []btf.Member
	switch t := in.(type) {
	case *btf.Struct:
		members = t.Members
	case *btf.Union:
		members = t.Members
	}
	for _, m := range members {
		if m.Name == name {
			return m, m.Offset.Bytes(), true
		}
		if m.Name != "" {
			continue
		}
		if inner, offset, ok := member(btf.UnderlyingType(m.Type), name); ok {
			return inner, m.Offset.Bytes() + offset, true
		}
	}
	return btf.Member{}, 0, false
}
