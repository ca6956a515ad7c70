package servicestest

import (
	"encoding/binary"
	"fmt"
	"io"

	"golang.org/x/crypto/ssh"
)

// The packets of SFTP version 3 that are used here
// (draft-ietf-secsh-filexfer-02, section 3).
const (
	sftpInit    = 1
	sftpVersion = 2
	sftpOpen    = 3
	sftpClose   = 4
	sftpRead    = 5
	sftpWrite   = 6
	sftpStatus  = 101
	sftpHandle  = 102
	sftpData    = 103
)

// How a file is opened (section 6.3).
const (
	sftpForReading = 0x01
	sftpForWriting = 0x02 | 0x08 | 0x10 // write, create, truncate
)

// sftp is one subsystem of a login. Requests are sent one at a time.
type sftp struct {
	in  io.Writer
	out io.Reader
}

func openSFTP(login *ssh.Client) (sftp, error) {
	session, err := login.NewSession()
	if err != nil {
		return sftp{}, err
	}
	in, err := session.StdinPipe()
	if err != nil {
		return sftp{}, err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return sftp{}, err
	}
	if err := session.RequestSubsystem("sftp"); err != nil {
		return sftp{}, err
	}
	s := sftp{in, out}
	_, err = s.exchange(sftpInit, binary.BigEndian.AppendUint32(nil, 3), sftpVersion)
	return s, err
}

func (s sftp) write(path, content string) error {
	handle, err := s.open(path, sftpForWriting)
	if err != nil {
		return err
	}
	request := append(sftpString(string(handle)), make([]byte, 8)...) // at offset 0
	if err := s.request(sftpWrite, append(request, sftpString(content)...)); err != nil {
		return err
	}
	return s.request(sftpClose, sftpString(string(handle)))
}

// holds checks what a file begins with.
func (s sftp) holds(path, want string) error {
	handle, err := s.open(path, sftpForReading)
	if err != nil {
		return err
	}
	request := append(sftpString(string(handle)), make([]byte, 8)...)
	request = binary.BigEndian.AppendUint32(request, uint32(len(want)))
	got, err := s.ask(sftpRead, request, sftpData)
	if err == nil && string(got) != want {
		err = differs(path, got, want)
	}
	return err
}

func (s sftp) open(path string, how uint32) ([]byte, error) {
	request := binary.BigEndian.AppendUint32(sftpString(path), how)
	return s.ask(sftpOpen, append(request, 0, 0, 0, 0), sftpHandle) // no attributes
}

// requestID is of the one request that is under way.
const requestID = 1

// ask sends a request and returns the one string of an answer of the kind.
func (s sftp) ask(kind byte, body []byte, want byte) ([]byte, error) {
	answer, err := s.exchange(kind, append(binary.BigEndian.AppendUint32(nil, requestID), body...), want)
	if err != nil {
		return nil, err
	}
	if len(answer) < 8 {
		return nil, fmt.Errorf("an answer of %d bytes", len(answer))
	}
	return answer[8:], nil
}

// request sends a request that is answered with a status, which must be good.
func (s sftp) request(kind byte, body []byte) error {
	answer, err := s.exchange(kind, append(binary.BigEndian.AppendUint32(nil, requestID), body...), sftpStatus)
	if err == nil && (len(answer) < 8 || binary.BigEndian.Uint32(answer[4:]) != 0) {
		err = fmt.Errorf("request %d failed: %q", kind, answer)
	}
	return err
}

// exchange sends a packet and reads one, which must be of the kind.
func (s sftp) exchange(kind byte, body []byte, want byte) ([]byte, error) {
	packet := append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+1)), kind)
	if _, err := s.in.Write(append(packet, body...)); err != nil {
		return nil, err
	}
	var header struct {
		Size uint32
		Kind byte
	}
	if err := binary.Read(s.out, binary.BigEndian, &header); err != nil {
		return nil, err
	}
	if header.Size == 0 || header.Size > 64<<10 {
		return nil, fmt.Errorf("a packet of %d bytes", header.Size)
	}
	answer := make([]byte, header.Size-1)
	if _, err := io.ReadFull(s.out, answer); err != nil {
		return nil, err
	}
	if header.Kind != want {
		return nil, fmt.Errorf("packet %d instead of %d: %q", header.Kind, want, answer)
	}
	return answer, nil
}

// sftpString is text with its length before it.
func sftpString(s string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...)
}
