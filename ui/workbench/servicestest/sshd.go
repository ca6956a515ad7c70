package servicestest

import (
	"context"
	"strings"

	"golang.org/x/crypto/ssh"
)

// sshdWork logs in with a password on a terminal, which takes PAM, a
// pseudo-terminal with the user as its owner, and a dropped user; then it
// leaves a file with sftp.
func sshdWork(ctx context.Context, c Copy) error {
	login, err := dialSSH(ctx, c)
	if err != nil {
		return err
	}
	defer login.Close()
	if err := terminal(login); err != nil {
		return err
	}
	files, err := openSFTP(login)
	if err != nil {
		return err
	}
	if err := files.write("bulkhead", "kept"); err != nil {
		return err
	}
	return files.holds("bulkhead", "kept")
}

func sshdRemember(ctx context.Context, c Copy) error {
	login, err := dialSSH(ctx, c)
	if err != nil {
		return err
	}
	defer login.Close()
	files, err := openSFTP(login)
	if err != nil {
		return err
	}
	return files.holds("bulkhead", "kept")
}

func dialSSH(ctx context.Context, c Copy) (*ssh.Client, error) {
	conn, err := c.dial(ctx, 22)
	if err != nil {
		return nil, err
	}
	transport, channels, requests, err := ssh.NewClientConn(conn, c.Address, &ssh.ClientConfig{
		User: "guest", Auth: []ssh.AuthMethod{ssh.Password("correct-horse")},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // a copy made a moment ago, with a password known to all
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return ssh.NewClient(transport, channels, requests), nil
}

// terminal asks on a pseudo-terminal who owns it.
func terminal(login *ssh.Client) error {
	session, err := login.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	if err := session.RequestPty("dumb", 24, 80, nil); err != nil {
		return err
	}
	got, err := session.CombinedOutput(`stat -c %U "$(tty)"`)
	if err == nil && strings.TrimSpace(string(got)) != "guest" {
		err = differs("the terminal's owner", got, "guest")
	}
	return err
}
