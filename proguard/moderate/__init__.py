"""The guard in process: `Guard.load(folder).moderate(items)` gives one `Outcome` an item."""
