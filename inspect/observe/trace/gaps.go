package trace

import "bulkhead/inspect/observe"

// blind are the aspects that ptrace cannot see.
func blind() []observe.Gap {
	return []observe.Gap{
		{Aspect: observe.Capabilities, Reason: "the container was traced with ptrace, which sees what fails and not what is asked for"},
		{Aspect: observe.Filters, Reason: "to ptrace, a call that the seccomp profile answered looks like one that the kernel refused"},
		{Aspect: observe.Beginning, Reason: "the container's runtime had done its work when tracing began"},
		{Aspect: observe.Others, Reason: "what the engine itself starts in the container, as health checks, is not traced"},
	}
}
