package trial

import "slices"

// mostAhead bounds how many steps are taken ahead.
const mostAhead = 6

// ahead adds to the wanted steps those that will be wanted next if they end as
// is likely, for copies that would otherwise stand idle. They come after what
// they follow from, and before what is wanted only if it turns out otherwise.
func (k Known) ahead(d Decision) Decision {
	imagined := k
	imagined.Trials = slices.Clone(k.Trials)
	var steps, otherwise []Step
	most := len(d.Steps) + mostAhead
	for next := d.Steps; len(next) > 0 && len(steps) < most; {
		before := len(steps)
		for _, step := range next {
			if step.Likely == "" {
				otherwise = append(otherwise, step)
				continue
			}
			steps = append(steps, step)
			imagined.Trials = append(imagined.Trials, Trial{Step: step, Verdict: step.Likely})
		}
		if len(steps) == before {
			break // how it goes on is open
		}
		next = slices.DeleteFunc(imagined.decide().Steps, func(s Step) bool {
			return slices.ContainsFunc(steps, s.again) || slices.ContainsFunc(otherwise, s.again)
		})
	}
	d.Steps = append(steps, otherwise...)
	return d
}
