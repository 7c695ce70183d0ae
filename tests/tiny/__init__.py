"""Tiny random encoders, each with its own tokenizer, made on disk in a moment: see `folder` and `kinds`."""
