"""A small world of mild phrases and pictograms, drawn by ourselves."""
