//! CRD types of every kind, conditions, reasons; generates deploy/crds.
