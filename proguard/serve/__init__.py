"""The guard behind HTTP, in the shapes that existing clients know."""
