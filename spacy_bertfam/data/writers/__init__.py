"""Entries -> files: one writer a format, and the count of what a format has no place for."""
