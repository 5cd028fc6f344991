//! Helm's release storage and actions.
