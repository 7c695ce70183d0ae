"""Scored spans -> Doc: the spaCy components, one file each."""
