//! Calls the renderer component with a tree, a config and the memo.
