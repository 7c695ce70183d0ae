"""The Hugging Face folder: found, read, written, widened."""
