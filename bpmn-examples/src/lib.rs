//! Runnable example applications: models, workers and run scripts.
