"""Characters that `str.splitlines` takes for the end of a line, the line feed and the carriage return left out."""

SEPARATORS = ("\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
