//! The wasmtime engine, limits, grants, component store and the host side of the WIT contract.
