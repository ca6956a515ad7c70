//go:build !linux

package engine

// kernelRelease is empty where containers cannot run on this kernel.
func kernelRelease() string { return "" }
