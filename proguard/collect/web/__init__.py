"""Images that sources name by their address."""
