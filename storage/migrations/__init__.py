"""How the tables came to be what they are: one revision a file in ``versions``."""

from typing import Final

HEAD: Final = "0007"
"""The newest revision. Known here so that a start need not load Alembic to see that all is well."""
