//! The built-in plugin notify-generic.
