package tuitest

import (
	"strings"

	udiff "github.com/aymanbagabas/go-udiff"

	"bulkhead/ui/workbench"
)

const before = `# The practice services of bulkhead.
#
# The services ask for more than they need, as most Compose files do.

services:

  # A web server. Its master starts as root, prepares a cache directory for the
  # user who serves, and opens port 80. Look at http://localhost:18080
  web:
    image: bulkhead-lab/web:1
    ports:
      - "18080:80"
    cap_add:
      - NET_BIND_SERVICE
    restart: unless-stopped

  # A small key-value store. Its entrypoint gives the volume to the store's own
  # user and then becomes that user, as the database images do.
  store:
    image: bulkhead-lab/store:1
    volumes:
      - store-data:/data
    restart: unless-stopped
`

// Draft is the edit of the Compose file for the played search.
func Draft() workbench.Draft {
	after := strings.Replace(before, `    cap_add:
      - NET_BIND_SERVICE
    restart: unless-stopped
`, `    cap_add:
      - CHOWN
      - SETGID
      - SETUID
    restart: unless-stopped
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    read_only: true
    tmpfs:
      - /var/cache/web:mode=755
`, 1)
	return workbench.Draft{
		Kind: workbench.ToCompose, Workload: "bulkhead-lab/web", Path: composeFile,
		Before: []byte(before), After: []byte(after),
		Diff:  udiff.Unified("a/compose.yaml", "b/compose.yaml", before, after),
		Next:  "docker compose up -d web",
		Notes: []string{"tmpfs loses what is in it when the container stops. Only /var/cache/web is one."},
	}
}

// Command is the hardened run command for the played search.
func Command() workbench.Draft {
	return workbench.Draft{
		Kind: workbench.ToRun, Workload: "pg-staging",
		Command: `docker run -d --name pg-staging \
  --cap-drop ALL \
  --cap-add DAC_OVERRIDE \
  --cap-add SETGID \
  --cap-add SETUID \
  --security-opt no-new-privileges \
  --read-only \
  --tmpfs /run/postgresql:mode=2775,uid=999,gid=999 \
  --mount type=volume,source=pg-data,target=/var/lib/postgresql/data \
  --publish 127.0.0.1:5432:5432 \
  --env POSTGRES_PASSWORD \
  postgres:17-bookworm`,
		Notes: []string{"POSTGRES_PASSWORD is taken from your shell; its value is not shown."},
	}
}
