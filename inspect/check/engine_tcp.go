package check

import "bulkhead/inspect"

var engineTCP = Check{
	ID:         "engine-tcp",
	Layer:      inspect.LayerEngine,
	Title:      "The engine can be commanded over TCP without a certificate",
	Question:   "Who can reach the engine's API over the network?",
	Danger:     "Everyone who reaches the address can start a privileged container with the host's disk inside, and is root on the host. Such ports are searched for all day.",
	Read:       "hosts and tlsverify in daemon.json, the daemon's command line, and the warnings of docker info",
	Fix:        "reach the engine over ssh://, or set tlsverify with certificates for both sides",
	MayBreak:   "Clients without a certificate.",
	Bad:        `{"host": {"version": "29.0", "daemon": {"plainTCP": ["tcp://0.0.0.0:2375"]}}}`,
	Good:       `{"host": {"version": "29.0", "daemon": {}}}`,
	References: []string{"CIS Docker Benchmark 1.6.0: 2.7", "OWASP Docker Security Cheat Sheet: rule 1", "https://docs.docker.com/engine/security/protect-access/"},
	Run:        onHost(judgeEngineTCP),
}

func judgeEngineTCP(h inspect.Host) Result {
	if h.Daemon == nil || len(h.Daemon.PlainTCP) == 0 && len(h.Daemon.Unread) > 0 {
		return unreadSetting("on which addresses the daemon listens", h)
	}
	var findings []inspect.Finding
	for _, address := range h.Daemon.PlainTCP {
		findings = append(findings, rate(theHost, direct, inspect.Finding{Evidence: "the daemon listens on " + show(address) + " and verifies no client."}))
	}
	return judged(findings, "no TCP address without a certificate", "it listens on TCP without a certificate")
}
