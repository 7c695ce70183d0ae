"""Figures of the package beside other ways to do the same: `python -m benchmarks --help`."""
