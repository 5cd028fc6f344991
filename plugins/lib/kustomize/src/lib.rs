//! kustomize build as a pure function over a tree.
