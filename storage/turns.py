"""Rows that wait in many lines, of each of which only the first may be worked on.

A crowd may wait in one line, or for a time to come. So some rows are looked at, which is enough as
a rule; when too many of them are behind others, one goes from line to line instead. Either is done
by an index in its order: it does not matter how many rows wait, and PostgreSQL has no choice that
it would need statistics for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import CTE, ColumnElement, FromClause, Select, Subquery, Table

LOOKED_AT: Final = 200
"""As many as may be under way at once, as a rule."""


@dataclass(frozen=True)
class Turns:
    """The lines in a table.

    Args:
        table: has a number ``id``.
        waits: tells of an alias of the table what waits.
        line: the column by which those in a line belong together.
        order: tells of an alias how they are ordered in their line. There is an index of what
            waits, which has the line behind what ``waits`` compares, and then this order.
    """

    table: Table
    waits: Callable[[FromClause], tuple[ColumnElement[bool], ...]]
    line: str
    order: Callable[[FromClause], tuple[ColumnElement[Any], ...]]

    def look(
        self, *conditions: ColumnElement[bool], order: tuple[str, ...], also: tuple[str, ...] = ()
    ) -> Subquery:
        """Give the first rows of all lines in an order, as many as are looked at.

        They have their number, their line, what they are ordered by, and ``also`` other columns.
        """
        names = dict.fromkeys(("id", self.line, *order, *also))
        query = select(*(self.table.c[name] for name in names))
        waiting = query.where(*self.waits(self.table), *conditions)
        ordered = waiting.order_by(*(self.table.c[name] for name in order))
        return ordered.limit(LOOKED_AT).subquery()

    def tell_firsts(self, looked_at: Subquery, *order: str) -> Select[Any]:
        """Give what was looked at in an order: numbers, and whether each is the first of its line.

        All are given, so that whoever counts them knows whether there may be more.
        """
        others = self.table.alias()
        first = (
            select(others.c.id)
            .where(*self.waits(others), others.c[self.line] == looked_at.c[self.line])
            .order_by(*self.order(others))
            .limit(1)
        )
        is_first = looked_at.c.id == first.correlate(looked_at).scalar_subquery()
        ordered = (looked_at.c[name] for name in order)
        return select(looked_at.c.id, is_first).order_by(*ordered)

    def first_of_each(self) -> CTE:
        """Give the first row of each line, by going from one line to the next."""
        start, following, found = (self.table.alias() for _ in range(3))
        line = start.c[self.line]
        first = select(start.c.id, line.label("line")).where(*self.waits(start))
        firsts = select(first.order_by(line, *self.order(start)).limit(1).subquery()).cte(
            "firsts", recursive=True
        )
        line = following.c[self.line]
        next_id = (
            select(following.c.id)
            .where(*self.waits(following), line > firsts.c.line)
            .order_by(line, *self.order(following))
            .limit(1)
            .correlate(firsts)
            .scalar_subquery()
        )
        next_first = select(found.c.id, found.c[self.line]).join(firsts, found.c.id == next_id)
        return firsts.union_all(next_first)
