package observe

import "time"

// Moment is how much of a run had been seen at a time of it: how many different
// system calls after the runtime's, uses of capabilities by different programs,
// and paths.
type Moment struct {
	// Seconds is the time since the watch began.
	Seconds      float64 `json:"seconds"`
	Syscalls     int     `json:"syscalls"`
	Capabilities int     `json:"capabilities"`
	Paths        int     `json:"paths"`
}

// At is the moment of an observation that has gone on for so long.
func (o Observation) At(since time.Duration) Moment {
	return Moment{
		Seconds: float64(since.Milliseconds()) / 1000, Syscalls: different(o, syscallsOf), Capabilities: different(o, capabilitiesOf), Paths: different(o, pathsOf),
	}
}

func different(o Observation, things func(Observation, func(string))) int {
	seen := map[string]bool{}
	things(o, func(thing string) { seen[thing] = true })
	return len(seen)
}

// mostMoments bounds a curve.
const mostMoments = 240

// Later is the curve with a further moment. A long curve is thinned out, the
// latest moment stays.
func Later(curve []Moment, m Moment) []Moment {
	if len(curve) >= mostMoments {
		thin := curve[:0]
		for i := 1; i < len(curve); i += 2 {
			thin = append(thin, curve[i])
		}
		curve = thin
	}
	return append(curve, m)
}
