"""Step 8: scores, kinds of error, calibration."""
