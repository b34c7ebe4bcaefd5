"""The report: one HTML file that says whether the trained guard is better, whether that is real, and where it fails.

Equal inputs give equal bytes: no time stamps, no random ids, fonts and figures inside the file.
"""
