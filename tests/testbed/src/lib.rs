//! A real control plane, git servers and a registry for tests and the demo.
