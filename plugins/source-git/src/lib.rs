//! The built-in plugin source-git.
