package probe

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Listener is one socket that waits for peers.
type Listener struct {
	Protocol string     `json:"protocol"`
	Address  netip.Addr `json:"address"`
	Port     uint16     `json:"port"`
}

// socketTables are the files of proc(5) with the state that means listening:
// 0A is TCP_LISTEN, 07 is TCP_CLOSE, which an unconnected UDP socket is in.
var socketTables = []struct{ file, protocol, state string }{
	{"tcp", "tcp", "0A"},
	{"tcp6", "tcp", "0A"},
	{"udp", "udp", "07"},
	{"udp6", "udp", "07"},
}

// embeddedDNS is where the engine's own name server listens inside every
// container on a user-defined network.
var embeddedDNS = netip.MustParseAddr("127.0.0.11")

// Listeners reads the sockets that listen in the network namespace of the
// given directory of proc (/proc/net), sorted. A missing table is an empty one:
// kernels without IPv6 have no tcp6.
func Listeners(procNet string) ([]Listener, error) {
	var all []Listener
	for _, table := range socketTables {
		f, err := os.Open(filepath.Join(procNet, table.file))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading listening sockets: %w", err)
		}
		found, err := parseTable(f, table.protocol, table.state)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("reading listening sockets from %s: %w", table.file, err)
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b Listener) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Port, b.Port), a.Address.Compare(b.Address))
	})
	return slices.Compact(all), nil
}

// parseTable reads one table of proc(5): the second field is the local
// address, the fourth the state.
func parseTable(r io.Reader, protocol, state string) ([]Listener, error) {
	var found []Listener
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[3] != state {
			continue
		}
		address, port, err := parseAddress(fields[1])
		if err != nil {
			return nil, err
		}
		if address == embeddedDNS || port == 0 {
			continue
		}
		found = append(found, Listener{protocol, address, port})
	}
	return found, lines.Err()
}

// parseAddress reads ADDRESS:PORT in hexadecimal. The kernel prints each
// 32-bit word of the address in host order; every architecture the engine runs
// Linux containers on in practice is little-endian but s390x.
func parseAddress(s string) (netip.Addr, uint16, error) {
	host, portText, ok := strings.Cut(s, ":")
	raw, err := hex.DecodeString(host)
	if !ok || err != nil || (len(raw) != 4 && len(raw) != 16) {
		return netip.Addr{}, 0, fmt.Errorf("unexpected address %q", s)
	}
	port, err := strconv.ParseUint(portText, 16, 16)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("unexpected port in %q", s)
	}
	for i := 0; i < len(raw); i += 4 {
		binary.BigEndian.PutUint32(raw[i:], binary.NativeEndian.Uint32(raw[i:]))
	}
	address, _ := netip.AddrFromSlice(raw)
	return address.Unmap(), uint16(port), nil
}
