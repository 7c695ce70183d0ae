"""Step 2, Docs -> token vectors: windows of word pieces, the torch network, pooling."""
