"""Docs -> windows of word pieces: tokenizer, alignment, long texts, batches."""
