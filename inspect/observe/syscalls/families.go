package syscalls

import "fmt"

// Family names an address family, see address_families(7).
func Family(n uint16) string {
	names := map[uint16]string{
		1: "unix", 2: "inet", 3: "ax25", 4: "ipx", 5: "appletalk", 9: "x25", 10: "inet6", 15: "key", 16: "netlink", 17: "packet",
		21: "rds", 24: "pppox", 29: "can", 30: "tipc", 31: "bluetooth", 33: "rxrpc", 38: "alg", 40: "vsock", 44: "xdp",
	}
	if name, ok := names[n]; ok {
		return name
	}
	return fmt.Sprint(n)
}

// SocketType names a type of socket, see socket(2); "" where it is not known.
func SocketType(n uint8) string {
	return map[uint8]string{1: "stream", 2: "dgram", 3: "raw", 4: "rdm", 5: "seqpacket", 6: "dccp", 10: "packet"}[n]
}
