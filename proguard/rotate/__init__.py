"""Rotation: a training for each fold of the categories, after which every category was novel once."""
