"""Step 1, files -> Docs: readers of annotation formats, gold alignment, data checks."""
