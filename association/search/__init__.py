"""Search for an object in an image by a template of it: a fully convolutional Siamese network."""
