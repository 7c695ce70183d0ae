"""A recogniser learns from larger ones beside its annotation."""
