"""The Siamese network: topologies, inference and checkpoints."""
