// Package compose reads Compose files: it turns them into one workload for each
// service, with the file, line and column of every setting. Its contract: it
// only reads files, it talks to no engine and no network, it changes nothing,
// and it never keeps the value of an environment variable in a workload.
//
// The effective model is compose-go's own. Where that refuses a project for
// something that an audit can live without (a missing env_file, a variable
// without a value, an include that is not there), what can be read is read, and
// what could not is said in Project.Warnings and in the workload's Unresolved
// settings: unknown is never reported as fine.
package compose
