"""Whether a notification may be shown twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.credential import PortalKind
from bridge.delivery.state import State

if TYPE_CHECKING:
    from sqlalchemy import Row

    from storage.tables import DeliveryRow, PortalRow


def is_possibly_doubled(row: DeliveryRow | Row[Any], portal: PortalRow | Row[Any]) -> bool:
    """Tell whether a repeat may be shown beside the first; an application's tags are honoured."""
    return bool(row.is_possibly_doubled) and portal.kind is not PortalKind.OAUTH


def is_unsure(row: DeliveryRow | Row[Any], portal: PortalRow | Row[Any]) -> bool:
    """Tell whether it may be shown twice, or, as long as it is not delivered, once."""
    if row.state is State.DELIVERED:
        return is_possibly_doubled(row, portal)
    return bool(row.is_possibly_doubled)
