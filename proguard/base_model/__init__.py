"""The model that RL starts from: where it comes from."""
