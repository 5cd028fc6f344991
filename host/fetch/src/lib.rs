//! Source kinds: what a source plugin resolved becomes a tree.
