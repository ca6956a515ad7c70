package service

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

// What the store uses, as the redis image does.
const (
	storeDir  = "/data"
	storeFile = "/data/store.db"
	storePort = ":6379"
	storeUID  = 999
	storeGID  = 999
)

// store is a small key-value store behind an entrypoint.
func store(args []string, log logger) int {
	switch {
	case len(args) == 0:
		return storeEntrypoint(log)
	case len(args) == 1 && args[0] == "serve":
		return storeServe(log)
	}
	fmt.Fprintf(log.err, "store: unknown arguments %q\n", args)
	return 2
}

// storeEntrypoint does what the official images' entrypoints do: as root it
// gives the data to the service's user and becomes that user; as anyone else it
// starts the server as it is.
func storeEntrypoint(log logger) int {
	if os.Getuid() == 0 {
		if err := adopt(storeDir, log); err != nil {
			return log.fail("entrypoint: cannot give %s to %d:%d: %v", storeDir, storeUID, storeGID, err)
		}
		if err := become(storeUID, storeGID); err != nil {
			return log.fail("entrypoint: cannot switch to %d:%d: %v", storeUID, storeGID, err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return log.fail("entrypoint: %v", err)
	}
	err = syscall.Exec(self, append([]string{self}, Command("store", "serve")...), os.Environ())
	return log.fail("entrypoint: exec %s: %v", self, err)
}

// adopt changes the owner of a directory and of all that is in it, unless the
// directory has that owner already. It needs CHOWN.
func adopt(dir string, log logger) error {
	var st syscall.Stat_t
	if err := syscall.Stat(dir, &st); err != nil {
		return &os.PathError{Op: "stat", Path: dir, Err: err}
	}
	if st.Uid == storeUID && st.Gid == storeGID {
		return nil
	}
	log.say("entrypoint: %s belongs to %d:%d, changing that to %d:%d", dir, st.Uid, st.Gid, storeUID, storeGID)
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		return err
	}
	// The deepest first: a directory that belongs to another user can no longer
	// be entered without DAC_READ_SEARCH where its mode is 700.
	for _, path := range slices.Backward(all) {
		if err := os.Lchown(path, storeUID, storeGID); err != nil {
			return err
		}
	}
	return nil
}

// become gives up root for good. The groups need SETGID, the user SETUID.
func become(uid, gid int) error {
	if err := syscall.Setgroups(nil); err != nil {
		return os.NewSyscallError("setgroups", err)
	}
	if err := syscall.Setgid(gid); err != nil {
		return os.NewSyscallError("setgid", err)
	}
	return os.NewSyscallError("setuid", syscall.Setuid(uid))
}

// storeServe serves until SIGTERM, and then saves.
func storeServe(log logger) int {
	data, err := openTable(storeFile)
	if err != nil {
		return log.fail("%v", err)
	}
	listener, err := net.Listen("tcp", storePort)
	if err != nil {
		return log.fail("%v", err)
	}
	log.say("serving %d keys on port 6379 as uid %d", data.len(), os.Getuid())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		s := <-signals
		log.say("got %v, saving", s)
		listener.Close()
	}()
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			break
		}
		if err != nil {
			return log.fail("%v", err)
		}
		go converse(conn, data, log)
	}
	if err := data.save(); err != nil {
		return log.fail("saving: %v", err)
	}
	log.say("saved %d keys, stopped", data.len())
	return 0
}
