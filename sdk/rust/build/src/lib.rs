//! Compiles plugins to components, the same way for Sluice's own and for authors'.
