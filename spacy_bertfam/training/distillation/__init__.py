"""A recognizer learns from larger ones beside its annotation."""
