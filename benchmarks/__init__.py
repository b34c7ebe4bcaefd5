"""What is timed, each a command."""
