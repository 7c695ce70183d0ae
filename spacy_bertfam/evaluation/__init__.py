"""Scores of entities, and how far they can be trusted."""
