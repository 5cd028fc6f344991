//! Stores trees, tarballs and memo entries; serves artifacts; collects garbage.
