"""The command `b24bridge`."""
