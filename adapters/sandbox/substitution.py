"""References of a batch's calls to the answers of earlier ones: ``$result[key][field]``.

Source: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# PHP's \s knows only the white space of ASCII.
_REFERENCE = re.compile(r"\$(result|next|total|time|error)(\S*)", re.ASCII | re.IGNORECASE)
_KEY = re.compile(r"\[([^\]]+)\]")


def substitute(value: object, answers: Mapping[str, object]) -> object:
    """Replace the references in a decoded parameter, however deep.

    A reference reaches up to the next white space, whatever else stands in it, and a person's text
    is no exception. What does not exist is empty. A value that is nothing but a reference becomes
    what it refers to, lists and all.

    Args:
        value: a parameter: text, list or dict.
        answers: ``result``, ``next``, ``total``, ``time`` and ``error``, each by call.
    """
    if isinstance(value, Mapping):
        return {key: substitute(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, answers) for item in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole and _KEY.search(whole[2]):
        return _look_up(whole, answers)
    return _REFERENCE.sub(lambda match: _as_text(match, answers), value)


def _as_text(reference: re.Match[str], answers: Mapping[str, object]) -> str:
    if not _KEY.search(reference[2]):
        return reference[0]
    found = _look_up(reference, answers)
    if isinstance(found, bool):
        return "1" if found else ""
    return str(found) if isinstance(found, str | int | float) else ""


def _look_up(reference: re.Match[str], answers: Mapping[str, object]) -> object:
    call, *path = _KEY.findall(reference[2])
    found = _item(answers.get(reference[1].lower()), call)
    if found is None:
        return ""
    for key in path:
        inner = _item(found, key)
        # The portal stops at the last thing that it finds, so an id stands for its fields, too.
        if inner is None:
            break
        found = inner
    return found


def _item(container: object, key: str) -> object:
    if isinstance(container, Mapping):
        return container.get(key)
    if isinstance(container, list) and key.isascii() and key.isdecimal() and len(key) < len("9999"):
        return container[int(key)] if int(key) < len(container) else None
    return None
