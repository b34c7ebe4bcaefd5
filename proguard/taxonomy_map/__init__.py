"""Who says which category an unsafe sample has: a source's own label, an embedding, and the vote between them."""
