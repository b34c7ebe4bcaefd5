"""The reward lab: tries to game the reward on real rows before a guard learns to."""
