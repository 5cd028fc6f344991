//! Kubernetes clients, discovery, server-side apply calls, watch hub.
