// Package health says whether a service still does what it did before. A
// Reading is what the probes saw of one run of a clone; Expect learns from the
// readings of the baselines what to expect; Compare holds another reading
// against that and says in sentences what differs. No difference means that the
// trial passed. Nothing here starts, stops or enters a container.
//
// A verdict on a service rests on
//   - its healthcheck, where it has one;
//   - its ports: whether each still listens, which protocol it speaks, and what
//     is stable of the answer to a harmless request (package probe);
//   - its processes: the same commands must run as the same users and groups,
//     and none may hold a group, a capability or a root directory that the
//     baselines did not see the same process with. Where one does, that is a
//     privilege inversion: the service could not drop what it used to drop, and
//     goes on more powerful than before. That it holds less is what a trial is
//     for;
//   - the exercises, the reload and the restart on what the first start left;
//   - its stop: the same exit code, not killed, and not much slower;
//   - its log: no refused permission that no baseline complained of, because a
//     program may swallow the error and go on with less.
//
// A verdict on a job, which ends by itself, rests on its exit code, its
// complaints and its output.
//
// What differed between two baselines is noise, and is not held against anyone:
// an answer is then expected only in what both had in common, a process only
// where it ran in every sample of both, a line of output only where both said
// it. Processes that were there in one sample and gone in the next do not
// count. So a difference is a thing that was seen each time before and is not
// seen now.
//
// What it does not see: data that is lost without a word in the log, what only
// an exercise would ask for, and the processes of a job or of a service between
// two samples. Where nothing could be read (no probe in the engine), nothing is
// compared, and the field says so by being empty.
package health
