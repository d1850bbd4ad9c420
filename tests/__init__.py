"""What holds for the bridge, and how that is known."""
