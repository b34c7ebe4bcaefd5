"""Files of sources: manifests, data sets of a hub, downloads."""
