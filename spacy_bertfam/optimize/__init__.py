"""A trained pipeline made for fast prediction: exported, quantized, compared, and written."""
