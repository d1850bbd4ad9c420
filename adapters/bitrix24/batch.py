"""Several calls in one request.

Source: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from msgspec import Struct

from adapters.bitrix24.answers import Answer, times_from
from adapters.bitrix24.errors import error_named
from bridge.errors import OutcomeUnknown, PortalError, TryLater

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_CALLS: Final = 50
"""The portal leaves out what is beyond this."""

# ASCII: the portal compares bytes, and to it no other character is white space or has a case.
_RUN: Final = re.compile(r"\S+", re.ASCII)
_SUBSTITUTED: Final = re.compile(r"\$(?:result|next|total|time|error)", re.ASCII | re.IGNORECASE)


class Call(Struct, frozen=True):
    """A method and its parameters; those with characters are texts, the others numbers."""

    method: str
    parameters: Mapping[str, str | int]


class Batch:
    """Calls that travel together; the portal carries them out in order, whatever becomes of each.

    Args:
        calls: at most ``MOST_CALLS``.
    """

    def __init__(self, calls: Sequence[Call]) -> None:
        # Nobody who writes a text can know a key, to have another call's answer put in its place.
        prefix = f"b{secrets.token_hex(8)}n"
        self._calls = {f"{prefix}{number}": call for number, call in enumerate(calls)}

    @property
    def commands(self) -> Mapping[str, str]:
        """Each call by its key, as the portal reads it."""
        return {key: _command(call) for key, call in self._calls.items()}

    @property
    def parameters(self) -> Mapping[str, object]:
        """What ``batch`` is called with."""
        return {"halt": 0, "cmd": self.commands}

    def read(
        self, answer: Answer, *, hide: Callable[[str], str] = str
    ) -> Sequence[Answer | PortalError]:
        """Return what became of each call, in their order.

        Args:
            answer: to ``batch``.
            hide: removes the credential from a text.
        """
        maps = answer.result if isinstance(answer.result, dict) else {}
        results = _map(maps.get("result"))
        errors = _map(maps.get("result_error"))
        times = _map(maps.get("result_time")) or {}
        if results is None or errors is None:
            return [
                OutcomeUnknown("UNEXPECTED_ANSWER", "the batch has no results") for _ in self._calls
            ]
        outcomes: list[Answer | PortalError] = []
        for key in self._calls:
            if key in errors:
                outcomes.append(_error(errors[key], hide))
            elif key in results:
                its_times = times_from(times[key]) if key in times else answer.times
                outcomes.append(Answer(results[key], times=its_times))
            else:
                outcomes.append(TryLater("NOT_EXECUTED", "the portal did not come to it"))
        return outcomes


def is_substituted(text: str) -> bool:
    r"""Tell whether the portal would change a text in a batch: ``\$(result|next|…)\S*\[``.

    Within a batch ``$result[key]`` and its kin, in any parameter, are replaced by the answers of
    calls before. Encoding does not help: it is done behind the decoding.
    """
    # The pattern as a whole would take time with the square of a long word's length.
    return "$" in text and any(
        (found := _SUBSTITUTED.search(word)) and "[" in word[found.end() :]
        for word in _RUN.findall(text)
    )


def _command(call: Call) -> str:
    # Complete: the portal cuts at a raw # and takes raw control characters for underlines.
    query = "&".join(
        f"{name}={quote(str(value), safe='')}" for name, value in call.parameters.items()
    )
    return f"{call.method}?{query}"


def _map(value: object) -> dict[str, object] | None:
    """Read a map; PHP writes one that is empty as a list."""
    if isinstance(value, dict):
        return value
    return {} if value == [] else None


def _error(value: object, hide: Callable[[str], str]) -> PortalError:
    if isinstance(value, dict) and value.get("error") is not None:
        return error_named(value, hide=hide)
    return OutcomeUnknown("UNEXPECTED_ANSWER", "an error without a code")
