// Package kube says a workload under a plan in Kubernetes' words: a strategic
// merge patch for a Deployment that is there, or a whole Deployment. It also
// says which Pod Security admission level (privileged, baseline, restricted; as
// of Kubernetes 1.34) the pod reaches, and which settings keep it from more.
//
// Its contract: what Kubernetes can say is said as it was tried; what it cannot
// say, or says otherwise, is a note and never left out in silence. No value of
// an environment variable is in the text: each is a reference to a Secret or a
// ConfigMap that the person makes. It is pure, and knows no cluster: whether a
// profile, a claim or a runtime class is there, it cannot tell.
package kube
