//! Routes events to alerts and dispatches them to provider plugins.
