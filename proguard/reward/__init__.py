"""The reward of a completion: what it earns, and why."""
