package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"bulkhead/ui/policy"
)

// auditPolicy reads what the flags say of which findings are reported.
func auditPolicy(f auditFlags) (policy.Policy, error) {
	var p policy.Policy
	var err error
	if p.Selection, err = policy.Select(f.only, f.skip); err != nil {
		var unknown *policy.NameError
		if errors.As(err, &unknown) {
			return p, usage(unknown.Error(), unknown.Hint())
		}
		return p, err
	}
	if p.Config, err = auditConfig(f); err != nil {
		return p, err
	}
	if f.baseline != "" {
		p.Baseline, err = policy.LoadBaseline(f.baseline)
	}
	return p, err
}

// auditConfig reads the configuration that was named, else that of the project
// that the Compose file or the working directory belongs to.
func auditConfig(f auditFlags) (policy.Config, error) {
	path := f.config
	if path == "" {
		dir := "."
		if len(f.files) > 0 && f.files[0] != "-" {
			dir = filepath.Dir(f.files[0])
		}
		var err error
		if path, err = policy.Find(dir); err != nil || path == "" {
			return policy.Config{}, err
		}
	}
	return policy.Load(path)
}

// noteUnused says which suppressions did nothing: what they were meant for may
// be mended, or they never matched. It is talk, and no part of the report.
func (a *app) noteUnused(rules []policy.Rule) {
	for _, r := range rules {
		fmt.Fprintf(a.errOut, "The suppression of %s at %s covers nothing that was found. Remove it, or mend its workload or path.\n", r.Check, r.Place())
	}
}
