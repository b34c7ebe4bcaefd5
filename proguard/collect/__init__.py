"""Stage collect: sources read into one schema, bad rows quarantined, images kept as shards."""
