package record

import (
	"fmt"
	"net"
	"os"
)

// listen makes the socket with the owner and the mode of the engine's, so that
// who could not use the one cannot use the other. access says how that went.
func listen(offer, engine string) (l net.Listener, access string, err error) {
	if l, err = net.Listen("unix", offer); err != nil {
		return nil, "", fmt.Errorf("making the socket for the copy: %w", err)
	}
	access, unlike := alike(offer, engine)
	if unlike != nil {
		access = fmt.Sprintf("Everyone in the copy may use the proxy's socket, whoever may use the engine's: %s. A service that is not root may be refused by the real one.", unlike)
		if err := os.Chmod(offer, 0o666); err != nil {
			l.Close()
			return nil, "", fmt.Errorf("opening the socket for the copy: %w", err)
		}
	}
	return l, access, nil
}
