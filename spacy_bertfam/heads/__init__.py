"""Token vectors -> tag scores and loss: one file a head."""
