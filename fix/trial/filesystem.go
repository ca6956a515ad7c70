package trial

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// readOnlyRoot is the plan for a read-only root filesystem with a mount where
// the baselines wrote, or were seen to, as far as the image was looked at there;
// false where it is read-only already or cannot be.
func (k Known) readOnlyRoot() (fix.Plan, bool) {
	written := k.written()
	if k.Workload.Settings.ReadOnlyRoot || len(written.Obstacles) > 0 {
		return fix.Plan{}, false
	}
	plan := fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot})
	for _, place := range written.Places {
		plan = plan.With(mountOn(place))
	}
	for _, p := range k.watched().Wrote() {
		if _, mounted := k.mountOver(plan, p); mounted {
			continue
		}
		if survey := k.Surveys[p]; survey.Place.Path != "" {
			plan = plan.With(mountOn(survey.Place))
		}
	}
	return plan, true
}

// mountOn takes the writes to a place: a tmpfs with the owner and mode of the
// image's directory; but a volume, which starts with what the image has there,
// where a tmpfs would hide files that matter.
func mountOn(place health.Place) inspect.Change {
	if place.Changes || len(place.Hides) > 0 && !passing(place.Path) {
		return inspect.Change{Dial: inspect.DialVolume, Path: place.Path}
	}
	return tmpfs(place)
}

func tmpfs(place health.Place) inspect.Change {
	options := fmt.Sprintf("mode=%o", place.Mode)
	if place.UID != 0 {
		options += fmt.Sprintf(",uid=%d", place.UID)
	}
	if place.GID != 0 {
		options += fmt.Sprintf(",gid=%d", place.GID)
	}
	return inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: place.Path, Options: options}}
}

// passing says that what lies in a directory is not meant to last: the
// directories that the Filesystem Hierarchy Standard 3.0 says so of (3.15, 3.18,
// 5.5, 5.10), and /var/tmp, whose content an image has no use for.
func passing(dir string) bool {
	return slices.ContainsFunc([]string{"/run", "/var/run", "/tmp", "/var/tmp", "/var/log", "/var/cache", "/var/lock"}, func(d string) bool {
		return within(dir, d)
	})
}

func within(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// mostMends bounds how often one plan is mended.
const mostMends = 8

// mended follows a plan with a read-only root from failure to failure, each
// time mended by what the failure says, until it passes or nothing more can be
// done for it.
func (k Known) mended(plan fix.Plan) (fix.Plan, standing, Decision) {
	because := ""
	for range mostMends {
		step := k.step(plan, plan.String(), because).likely(Passed)
		switch k.standing(step) {
		case passes:
			return plan, passes, Decision{}
		case unknown:
			return plan, unknown, Decision{Steps: []Step{step}}
		}
		failure, _ := k.failure(plan)
		next, why, d := k.mend(plan, failure)
		if d.wants() {
			return plan, unknown, d
		}
		if next.Equal(plan) {
			return plan, fails, Decision{}
		}
		plan, because = next, why
	}
	return plan, fails, Decision{}
}

// mend changes the plan by what a failed trial says: a mount for a path that is
// read-only, another kind of mount for a path below one that did not serve; and
// where no path is named, volumes for all of them.
func (k Known) mend(plan fix.Plan, failure Trial) (fix.Plan, string, Decision) {
	next, because, d := k.mendByFirst(plan, failure, readOnlyWords, anyWords)
	if d.wants() || !next.Equal(plan) {
		return next, because, d
	}
	return allVolumes(plan), "No path was named; volumes start with what the image has.", Decision{}
}

// mendByFirst goes by the first of the words that lead to something.
func (k Known) mendByFirst(plan fix.Plan, failure Trial, words ...*regexp.Regexp) (next fix.Plan, because string, d Decision) {
	next = plan
	for _, w := range words {
		if next, because, d = k.mendBy(plan, failure, w); d.wants() || !next.Equal(plan) {
			break
		}
	}
	return next, because, d
}

// mendBy goes by the lines that hold the words.
func (k Known) mendBy(plan fix.Plan, failure Trial, words *regexp.Regexp) (fix.Plan, string, Decision) {
	var missing []string
	next, because := plan, ""
	for _, said := range k.speaking(failure, words) {
		named := paths(said)
		if len(named) == 0 && words == readOnlyWords {
			named = k.usualPlace(next)
		}
		for _, p := range named {
			survey, known := k.Surveys[p]
			at, mounted := k.mountOver(next, p)
			switch {
			case mounted:
				if stronger, ok := k.strengthen(next, at, p, hidden.MatchString(said)); ok {
					next, because = stronger, said
				}
			case words == hidden: // no mount hides it
			case !known:
				missing = append(missing, p)
			case survey.Place.Path != "":
				next, because = next.With(mountOn(survey.Place)), said
			}
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return plan, "", Decision{Survey: slices.Compact(missing)}
	}
	return next, because, Decision{}
}

// usualPlace is the next directory that programs write to without saying so,
// and that the plan does not mount yet.
func (k Known) usualPlace(plan fix.Plan) []string {
	for _, dir := range []string{"/tmp", "/var/tmp", "/run", "/var/log", "/var/cache"} {
		survey, known := k.Surveys[dir]
		_, mounted := k.mountOver(plan, dir)
		if !mounted && (!known || survey.Place.Path != "") {
			return []string{dir}
		}
	}
	return nil
}

// speaking are the lines of a failed trial that hold the words, of its
// complaints, of what it was seen to be refused, and of what it logged last and
// no baseline did.
func (k Known) speaking(t Trial, words *regexp.Regexp) []string {
	var lines []string
	for _, line := range slices.Concat(t.Complaints, t.refused(), tail(t.Log, 15)) {
		usual := slices.ContainsFunc(k.baselines(false), func(b Trial) bool { return slices.Contains(b.Log, line) })
		if !usual && !slices.Contains(lines, line) && words.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

var (
	// readOnlyWords matches what is said of a path that could not be written, and
	// of hardly anything else.
	readOnlyWords = regexp.MustCompile(`(?i)read-only file system|\bEROFS\b|(not|n't|un)[ -]?(be )?writ(e?able|ten)|(cannot|can't|could not|couldn't|unable to|failed to) (create|make|write|touch|lock)`)
	// anyWords matches whatever may be said of a path that could not be used.
	anyWords = regexp.MustCompile(`.`)
	// hidden matches the words for a path that is not there.
	hidden     = regexp.MustCompile(`(?i)no such file|not found|does not exist|doesn't exist|\bmissing\b|\bENOENT\b`)
	pathInText = regexp.MustCompile(`/[A-Za-z0-9._@+~/-]+[A-Za-z0-9_@+~-]`)
)

// paths are the absolute paths that a log line names, without those that no
// mount of ours may cover.
func paths(line string) []string {
	var out []string
	for _, p := range pathInText.FindAllString(line, -1) {
		p = path.Clean(p)
		if !within(p, "/proc") && !within(p, "/sys") && !within(p, "/dev") && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// mountOver is the path of the plan's innermost mount that the path lies on,
// by the path that the image's links lead to where that is known.
func (k Known) mountOver(plan fix.Plan, p string) (string, bool) {
	if s, ok := k.Surveys[p]; ok && s.Place.Path != "" {
		p = s.Place.Path
	}
	best := ""
	for _, c := range plan.Changes {
		if (c.Dial == inspect.DialTmpfs || c.Dial == inspect.DialVolume) && within(p, c.Place()) && len(c.Place()) > len(best) {
			best = c.Place()
		}
	}
	return best, best != ""
}

// strengthen gives the service more of a mount that did not serve the path: the
// directory that the image has there and the tmpfs hides; a tmpfs from which
// programs may be run (one of Docker's is noexec); then a volume, at once where
// something of the image is missed.
func (k Known) strengthen(plan fix.Plan, at, p string, missed bool) (fix.Plan, bool) {
	i := slices.IndexFunc(plan.Changes, func(c inspect.Change) bool { return c.Dial == inspect.DialTmpfs && c.Tmpfs.Path == at })
	if i < 0 {
		return plan, false
	}
	c := plan.Changes[i]
	if dir, ok := k.hiddenDirectory(at, p); missed && ok {
		return plan.With(tmpfs(dir)), true
	}
	if missed || strings.HasSuffix(c.Tmpfs.Options, ",exec") {
		return toVolume(plan, c), true
	}
	c.Tmpfs.Options += ",exec"
	return plan.With(c), true
}

// hiddenDirectory is the directory without files that the image has on the way
// to the path, below the mount.
func (k Known) hiddenDirectory(at, p string) (health.Place, bool) {
	for _, place := range k.places() {
		for _, dir := range place.Directories {
			if place.Path == at && within(p, dir.Path) {
				return dir, true
			}
		}
	}
	return health.Place{}, false
}

// toVolume puts a volume in the place of a tmpfs and of all that lie in it.
func toVolume(plan fix.Plan, c inspect.Change) fix.Plan {
	for _, inner := range plan.Of(inspect.DialTmpfs) {
		if within(inner.Tmpfs.Path, c.Tmpfs.Path) {
			plan = plan.Minus(inner)
		}
	}
	return plan.With(inspect.Change{Dial: inspect.DialVolume, Path: c.Tmpfs.Path})
}

func allVolumes(plan fix.Plan) fix.Plan {
	for {
		left := plan.Of(inspect.DialTmpfs)
		if len(left) == 0 {
			return plan
		}
		plan = toVolume(plan, left[0])
	}
}
