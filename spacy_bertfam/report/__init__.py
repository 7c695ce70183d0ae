"""What a recognizer gets wrong: kinds of error, scores with intervals, two pipelines compared."""
