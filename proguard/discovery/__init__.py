"""The command line of discovery: names of a test set, or of an application's outcomes."""
