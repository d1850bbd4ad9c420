"""How the tables came to be what they are: one revision a file in ``versions``.

Each from 0008 on says in ``usable_from`` which revision code must know to work with what it makes
of the tables: that before it, unless it takes away what that needs. So machines are upgraded one
after the other. ``storage.revision`` is where that is looked at.
"""

from typing import Final

HEAD: Final = "0009"
"""The newest revision. Known here so that a start need not load Alembic to see that all is well."""
