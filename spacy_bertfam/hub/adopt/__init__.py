"""Pipelines of spacy-transformers and spacy-curated-transformers -> pipelines on `bertfam_encoder`."""
