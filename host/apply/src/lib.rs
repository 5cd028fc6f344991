//! Server-side apply in stages, drift, ownership, prune from inventory.
