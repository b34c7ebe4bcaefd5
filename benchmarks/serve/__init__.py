"""The server and bulk moderation, measured: speed, overload, faults, memory, how it stops, and rows per second."""
