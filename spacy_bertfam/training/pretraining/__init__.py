"""Masked-language modeling: an encoder learns the texts of a domain before it learns a task."""
