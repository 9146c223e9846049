"""The losses that the Siamese network can be trained with."""
