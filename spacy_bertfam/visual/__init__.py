"""Step 9: displaCy and HTML pages."""
