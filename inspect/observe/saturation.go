package observe

import "slices"

// Saturation says how the runs of a workload come to agree, and estimates what
// a further one would still show. Each list of runs is taken as a random sample
// of the workload's life; runs that all do the same prove nothing of a life
// that does more.
type Saturation struct {
	Syscalls     Estimate `json:"syscalls"`
	Capabilities Estimate `json:"capabilities"`
	Paths        Estimate `json:"paths"`
}

// Estimate is about one set of things that runs may show.
type Estimate struct {
	Runs int `json:"runs"`
	// New is how many things each run showed that none before it had.
	New []int `json:"new"`
	// Seen is how many there are together, Once how many only one run showed.
	Seen int `json:"seen"`
	Once int `json:"once"`
	// Next is how many new things the next run is expected to show (the
	// estimate of Good and Turing: Once by Runs).
	Next float64 `json:"next"`
	// Unseen is a lower bound of how many things are not seen yet (Chao's
	// estimate for incidences, bias-corrected: Chao 1987, Biometrics 43).
	Unseen float64 `json:"unseen"`
	// Known is false where there are too few runs for an estimate: fewer than
	// two.
	Known bool `json:"known"`
}

// Saturate compares the observations of single runs, in the order in which they
// were made.
func Saturate(runs []Observation) Saturation {
	return Saturation{Syscalls: estimate(runs, syscallsOf), Capabilities: estimate(runs, capabilitiesOf), Paths: estimate(runs, pathsOf)}
}

func syscallsOf(o Observation, see func(string)) {
	for _, s := range o.Syscalls {
		if s.Phase != Runtime && s.Phase != Confined {
			see(s.Name)
		}
	}
}

func capabilitiesOf(o Observation, see func(string)) {
	for _, c := range o.Checks {
		if !aside(c) {
			see(c.Capability + " " + c.Executable)
		}
	}
}

func pathsOf(o Observation, see func(string)) {
	for _, f := range o.Files {
		see(f.Path)
	}
}

// estimate counts in how many runs each thing was seen.
func estimate(runs []Observation, things func(o Observation, see func(string))) Estimate {
	e := Estimate{Runs: len(runs), New: []int{}, Known: len(runs) >= 2}
	incidence := map[string]int{}
	for _, o := range runs {
		before, inRun := len(incidence), map[string]bool{}
		things(o, func(thing string) {
			if !inRun[thing] {
				inRun[thing] = true
				incidence[thing]++
			}
		})
		e.New = append(e.New, len(incidence)-before)
	}
	twice := 0
	for _, n := range incidence {
		switch n {
		case 1:
			e.Once++
		case 2:
			twice++
		}
	}
	e.Seen = len(incidence)
	if e.Known {
		m, once := float64(e.Runs), float64(e.Once)
		e.Next = once / m
		e.Unseen = (m - 1) / m * once * (once - 1) / (2 * float64(twice+1))
	}
	return e
}

// Names are the system calls of the application, each once, sorted.
func Names(o Observation) []string {
	var names []string
	syscallsOf(o, func(name string) { names = append(names, name) })
	slices.Sort(names)
	return slices.Compact(names)
}
