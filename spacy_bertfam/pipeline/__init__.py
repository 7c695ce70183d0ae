"""Step 5, scored spans -> Doc: the spaCy components, one file each."""
