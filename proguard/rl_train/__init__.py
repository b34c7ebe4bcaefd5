"""Reinforcement learning: what verl needs from us, and what we take back from it."""
