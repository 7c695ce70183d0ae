"""Step 6, pipelines of spacy-transformers and spacy-curated-transformers -> pipelines on `bertfam_encoder`."""
