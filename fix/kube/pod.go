package kube

// The parts of Kubernetes' API that are written here, by the names and in the
// shapes of k8s.io/api (core/v1 and apps/v1).

type deployment struct {
	APIVersion string         `yaml:"apiVersion,omitempty"`
	Kind       string         `yaml:"kind,omitempty"`
	Metadata   metadata       `yaml:"metadata,omitempty"`
	Spec       deploymentSpec `yaml:"spec"`
}

type metadata struct {
	Name        string            `yaml:"name,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

type deploymentSpec struct {
	Selector *selector   `yaml:"selector,omitempty"`
	Template podTemplate `yaml:"template"`
}

type selector struct {
	MatchLabels map[string]string `yaml:"matchLabels"`
}

type podTemplate struct {
	Metadata metadata `yaml:"metadata,omitempty"`
	Spec     podSpec  `yaml:"spec"`
}

type podSpec struct {
	AutomountServiceAccountToken *bool           `yaml:"automountServiceAccountToken,omitempty"`
	HostNetwork                  bool            `yaml:"hostNetwork,omitempty"`
	HostPID                      bool            `yaml:"hostPID,omitempty"`
	HostIPC                      bool            `yaml:"hostIPC,omitempty"`
	RuntimeClassName             string          `yaml:"runtimeClassName,omitempty"`
	SecurityContext              podSecurity     `yaml:"securityContext,omitempty"`
	Containers                   []containerSpec `yaml:"containers"`
	Volumes                      []volume        `yaml:"volumes,omitempty"`
}

// podSecurity holds what only a pod can say.
type podSecurity struct {
	FSGroup *int64   `yaml:"fsGroup,omitempty"`
	Sysctls []sysctl `yaml:"sysctls,omitempty"`
}

type sysctl struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

type containerSpec struct {
	Name            string            `yaml:"name"`
	Image           string            `yaml:"image,omitempty"`
	Command         []string          `yaml:"command,omitempty"`
	Args            []string          `yaml:"args,omitempty"`
	Env             []envVar          `yaml:"env,omitempty"`
	Ports           []containerPort   `yaml:"ports,omitempty"`
	SecurityContext containerSecurity `yaml:"securityContext"`
	Resources       resources         `yaml:"resources,omitempty"`
	VolumeMounts    []volumeMount     `yaml:"volumeMounts,omitempty"`
}

type containerSecurity struct {
	Privileged               bool         `yaml:"privileged,omitempty"`
	AllowPrivilegeEscalation *bool        `yaml:"allowPrivilegeEscalation,omitempty"`
	ReadOnlyRootFilesystem   bool         `yaml:"readOnlyRootFilesystem"`
	RunAsNonRoot             *bool        `yaml:"runAsNonRoot,omitempty"`
	RunAsUser                *int64       `yaml:"runAsUser,omitempty"`
	RunAsGroup               *int64       `yaml:"runAsGroup,omitempty"`
	Capabilities             capabilities `yaml:"capabilities,omitempty"`
	SeccompProfile           profile      `yaml:"seccompProfile,omitempty"`
	AppArmorProfile          profile      `yaml:"appArmorProfile,omitempty"`
	SELinuxOptions           selinux      `yaml:"seLinuxOptions,omitempty"`
}

type capabilities struct {
	Drop []string `yaml:"drop,omitempty"`
	Add  []string `yaml:"add,omitempty"`
}

type profile struct {
	Type             string `yaml:"type,omitempty"`
	LocalhostProfile string `yaml:"localhostProfile,omitempty"`
}

type selinux struct {
	User  string `yaml:"user,omitempty"`
	Role  string `yaml:"role,omitempty"`
	Type  string `yaml:"type,omitempty"`
	Level string `yaml:"level,omitempty"`
}

type envVar struct {
	Name      string    `yaml:"name"`
	ValueFrom valueFrom `yaml:"valueFrom"`
}

type valueFrom struct {
	SecretKeyRef    *keyRef `yaml:"secretKeyRef,omitempty"`
	ConfigMapKeyRef *keyRef `yaml:"configMapKeyRef,omitempty"`
}

type keyRef struct {
	Name string `yaml:"name"`
	Key  string `yaml:"key"`
}

type containerPort struct {
	ContainerPort uint16 `yaml:"containerPort"`
	Protocol      string `yaml:"protocol,omitempty"`
}

type resources struct {
	Requests quantities `yaml:"requests,omitempty"`
	Limits   quantities `yaml:"limits,omitempty"`
}

type quantities struct {
	CPU    string `yaml:"cpu,omitempty"`
	Memory string `yaml:"memory,omitempty"`
}

type volumeMount struct {
	Name      string `yaml:"name"`
	MountPath string `yaml:"mountPath"`
	ReadOnly  bool   `yaml:"readOnly,omitempty"`
}

type volume struct {
	Name                  string    `yaml:"name"`
	EmptyDir              *emptyDir `yaml:"emptyDir,omitempty"`
	HostPath              *hostPath `yaml:"hostPath,omitempty"`
	PersistentVolumeClaim *claim    `yaml:"persistentVolumeClaim,omitempty"`
}

type emptyDir struct {
	Medium    string `yaml:"medium,omitempty"`
	SizeLimit string `yaml:"sizeLimit,omitempty"`
}

type hostPath struct {
	Path string `yaml:"path"`
}

type claim struct {
	ClaimName string `yaml:"claimName"`
	ReadOnly  bool   `yaml:"readOnly,omitempty"`
}
