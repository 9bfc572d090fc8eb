//! The Flowstone server: REST API, configuration and command line.
