"""Did you mean …?"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that looks most like this one, whatever the case; None if none does."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(word.casefold()[:64], by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
