"""What the exit code says; a failure never exits 0."""

DONE = 0
"""Every active requirement is present and nothing failed."""
FAILED = 1
USAGE = 2
"""Wrong usage, or input that cannot be read."""
UNDECIDED = 3
"""Nothing failed, and something needs a person: choose, denied or unresolved."""
STOPPED = 130
"""Interrupted from the keyboard, as shells count it."""
