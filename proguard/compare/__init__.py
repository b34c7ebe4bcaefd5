"""Two guards of this run, or one guard of two runs, compared row by row."""
