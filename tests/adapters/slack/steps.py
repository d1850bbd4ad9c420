"""Counts what a call does, so that its growth can be seen without a clock."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_Value = TypeVar("_Value")


def count_steps(call: Callable[[_Value], object], value: _Value) -> int:
    """Count the lines of Python that a call runs."""
    steps = 0

    def trace(_frame: FrameType, event: str, _value: Any) -> Any:
        nonlocal steps
        steps += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call(value)
    finally:
        sys.settrace(before)
    return steps
