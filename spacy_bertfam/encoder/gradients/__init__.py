"""Gradients of the encoder: the mean of a step, the loss scale, sparse embeddings, frozen layers."""
