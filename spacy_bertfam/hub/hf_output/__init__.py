"""What `transformers`' ``pipeline("ner")`` returns, from a Doc: piece scores, aggregation, its form."""

from .output import to_hf_output

__all__ = ["to_hf_output"]
