//! One file per kind: read, call the stages, write status; queue and fairness.
