//! kstatus rules fed by watches.
