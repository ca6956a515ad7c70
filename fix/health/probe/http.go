package probe

import (
	"bufio"
	"io"
	"mime"
	"net/http"
)

// httpRequest names no host: redis takes a line that begins with "Host:" for an
// attack and says so in its log.
const httpRequest = "GET / HTTP/1.0\r\n\r\n"

// parseHTTP returns the status line, the media type, and whether there is no
// body; the other header fields may change from one answer to the next.
func parseHTTP(in *bufio.Reader) (string, error) {
	if start, err := in.Peek(5); err != nil {
		return "", err
	} else if string(start) != "HTTP/" {
		return "", foreign("HTTP")
	}
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	line := response.Proto + " " + response.Status
	if media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err == nil {
		line += ", " + media
	}
	if n, err := response.Body.Read(make([]byte, 1)); n == 0 && err == io.EOF {
		line += ", no body"
	}
	return line, nil
}
