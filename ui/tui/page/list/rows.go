package list

import (
	"cmp"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/strip"
)

// plainGroup is the group of what no Compose project owns.
const plainGroup = "containers"

// row is one line of the list: a group's header, or a workload.
type row struct {
	group string
	// count is how many workloads a header stands over.
	count  int
	header bool
	// blank is the empty line over a header.
	blank bool
	// item is a workload's place in the audit.
	item int
}

// entry is a workload as the list shows it, with what does not change between
// two audits worked out once.
type entry struct {
	audited inspect.Audited
	name    string
	// image is the reference without its registry and path, which say the least.
	image  string
	group  string
	search string
	worst  inspect.Severity
	// clean says that there are no findings, unknown that some layer could not be
	// judged.
	clean, unknown bool
}

func entries(audited []inspect.Audited) []entry {
	out := make([]entry, len(audited))
	for i, a := range audited {
		w := a.Workload
		group := plainGroup
		if w.Project != "" {
			group = block.Clean(w.Project)
		}
		out[i] = entry{
			audited: a, name: page.Name(w), group: group,
			image: block.Clean(w.Image[strings.LastIndexByte(w.Image, '/')+1:]),
			worst: a.Worst(), clean: len(a.Findings()) == 0, unknown: unjudged(a),
			search: strings.ToLower(strings.Join([]string{w.Name, w.Project, w.Container, w.Image, string(w.State)}, "\n")),
		}
	}
	// The plain containers come last; a project that is called like their group
	// stands with the projects.
	slices.SortStableFunc(out, func(a, b entry) int {
		plain := func(e entry) int {
			if e.audited.Workload.Project == "" {
				return 1
			}
			return 0
		}
		return cmp.Or(plain(a)-plain(b), strings.Compare(a.group, b.group), strings.Compare(a.name, b.name),
			strings.Compare(a.audited.Workload.Container, b.audited.Workload.Container))
	})
	return out
}

func unjudged(a inspect.Audited) bool {
	for _, l := range inspect.Layers() {
		if strip.StateOf(a.Layers, l) == inspect.Unknown {
			return true
		}
	}
	return false
}

// selectable says that the row is a workload, which the cursor can stand on.
func (r row) selectable() bool { return !r.header && !r.blank }

// rows are the lines for the entries that the filter admits.
func rows(all []entry, f filter) []row {
	var out []row
	header := -1
	for i, e := range all {
		if !f.admits(e) {
			continue
		}
		plain := e.audited.Workload.Project == ""
		if header < 0 || out[header].group != e.group || (all[out[header].item].audited.Workload.Project == "") != plain {
			if len(out) > 0 {
				out = append(out, row{blank: true})
			}
			header = len(out)
			out = append(out, row{group: e.group, header: true, item: i})
		}
		out[header].count++
		out = append(out, row{group: e.group, item: i})
	}
	return out
}
