"""Step 3, token vectors -> tag scores and loss: one file a head."""
