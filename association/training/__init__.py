"""Training of the matcher and of the Siamese network."""
