"""Step 8: a trained pipeline made for fast prediction: exported, quantised, compared, and written."""
