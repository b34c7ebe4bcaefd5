"""The guards that ours can be compared with, as a list for a terminal."""
