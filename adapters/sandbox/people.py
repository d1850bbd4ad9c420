"""The people of the sandbox portal, who all work at corp.example."""

from __future__ import annotations

from msgspec import Struct


class Person(Struct, frozen=True, kw_only=True):
    """A user of the portal.

    Attributes:
        id: the ``USER_ID``.
        name: the first name.
        active: False for a dismissed colleague, whom no notification reaches.
        handle: the name in the demo's chat, without ``@``.
    """

    id: int
    name: str
    last_name: str
    email: str
    work_position: str
    handle: str
    active: bool = True

    @property
    def full_name(self) -> str:
        """First and last name, as Bitrix24 shows them."""
        return f"{self.name} {self.last_name}"


OWNER_ID = 1
"""Whose webhook it is: the author of every notification."""

PEOPLE = (
    Person(
        id=OWNER_ID,
        name="Maria",
        last_name="Weber",
        email="maria@corp.example",
        work_position="Head of Operations",
        handle="maria",
    ),
    Person(
        id=2,
        name="Boris",
        last_name="Ivanov",
        email="boris@corp.example",
        work_position="Site Reliability Engineer",
        handle="boris",
    ),
    Person(
        id=3,
        name="Clara",
        last_name="Novak",
        email="clara@corp.example",
        work_position="Product Manager",
        handle="clara",
    ),
    Person(
        id=4,
        name="Dmitri",
        last_name="Orlov",
        email="dmitri@corp.example",
        work_position="Support Engineer",
        handle="dmitri",
        active=False,
    ),
    Person(
        id=5,
        name="Anna",
        last_name="Petrova",
        email="anna@corp.example",
        work_position="Backend Engineer",
        handle="anna",
    ),
)
"""Everybody, by rising id; all but Dmitri have a bell."""
