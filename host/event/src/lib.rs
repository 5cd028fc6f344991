//! Records events and hands them to the notification server.
