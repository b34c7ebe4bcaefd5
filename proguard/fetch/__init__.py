"""Files from the network: whole, verified, or not there."""
