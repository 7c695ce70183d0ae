"""A training that may be stopped at any time, and goes on where it stopped."""
