package service

// programs returns the services by name.
func programs() map[string]program {
	return map[string]program{"admin": admin, "ping": ping, "store": store, "web": web}
}
