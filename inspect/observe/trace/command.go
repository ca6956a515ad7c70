package trace

// Dir is where the binary stands in the copy, read-only.
const Dir = "/.bulkhead"

// Process is the name by which the copy's processes show the tracer, and its
// first process until it has become what is traced.
const Process = "bulkhead-tracer"

// program is the binary in the copy.
const program = Dir + "/" + Process

// The hidden commands of the binary: EnterCommand calls Enter with the arguments
// behind it, ServeCommand calls Serve, and InstallCommand calls Install.
var (
	EnterCommand   = []string{"agent", "trace", "enter"}
	ServeCommand   = []string{"agent", "trace", "serve"}
	InstallCommand = []string{"agent", "trace", "install"}
)
