"""Whether the host streams weights by itself."""

aimdo_enabled = False
