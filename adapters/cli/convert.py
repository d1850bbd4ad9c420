"""``b24bridge convert``."""
