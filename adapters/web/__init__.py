"""The HTTP side of a running bridge."""
