"""What to call recipients, so that nobody is taken for somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.people.identity import Recipient


def tell_apart(people: Sequence[tuple[Recipient, str]]) -> tuple[str, ...]:
    """Name each by their label; namesakes by their portal or their number, too.

    Args:
        people: each with the host of their portal.
    """
    namesakes: dict[str, list[str]] = {}
    for recipient, portal in people:
        namesakes.setdefault(recipient.label, []).append(portal)
    return tuple(
        _name(recipient, portal, namesakes[recipient.label]) for recipient, portal in people
    )


def _name(recipient: Recipient, portal: str, portals: Sequence[str]) -> str:
    if len(portals) == 1:
        return recipient.label
    marks = [portal] if len(set(portals)) > 1 else []
    if portals.count(portal) > 1:
        marks.append(f"#{recipient.user_id}")
    return f"{recipient.label} ({', '.join(marks)})"
