"""Before training: new heads are fitted to the encoder as it comes."""
