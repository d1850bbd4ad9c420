"""How the command line shows things, and how it fails: in one clear message, without traceback."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from adapters.cli.terminal import visible
from bridge.errors import BridgeError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work; an error of the bridge ends the process with a message and 1 or 2."""
    with clear_failures():
        return asyncio.run(work)


@contextmanager
def clear_failures() -> Iterator[None]:
    """Turn errors of the bridge into a message and an exit code: 2 for settings, else 1."""
    try:
        yield
    except BaseExceptionGroup as group:
        ours = group.subgroup(BridgeError)
        if ours is None:
            raise
        raise fail(*_leaves(ours)) from None
    except BridgeError as error:
        raise fail(error) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def fail(*errors: BaseException) -> typer.Exit:
    """Show what went wrong and make the exception that ends the process."""
    for error in errors:
        typer.echo(visible(str(error), keep_lines=True), err=True)
    return typer.Exit(2 if isinstance(errors[0], ConfigError) else 1)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
