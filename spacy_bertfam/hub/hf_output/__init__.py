"""What `transformers`' ``pipeline("ner")`` returns, made of a Doc: piece scores, their aggregation, its form."""
