//! The built-in plugin render-kustomize.
