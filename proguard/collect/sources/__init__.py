"""Sources: one file each, `read(...)` yields samples, images and rejected rows."""
