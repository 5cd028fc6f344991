module sluice.dev/controlplane/envsubst

go 1.26.0

require github.com/fluxcd/pkg/envsubst v1.7.0
