//! Test kit and black-box suites.
