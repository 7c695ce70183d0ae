"""Texts in, annotated texts out: resumable, in any format that is written, and the least certain ones first."""
