"""Many calls in one request: ``batch``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.sandbox.call import Params
from adapters.sandbox.errors import RestError
from adapters.sandbox.faults import carry_out
from adapters.sandbox.php_form import FormError, parse_form
from adapters.sandbox.substitution import substitute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.sandbox.execution import Executed, Executor

BATCH = "batch"
_CALLS = 50
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Batch:
    """The calls of one batch and what they answer.

    Source: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html

    Args:
        executor: carries out the calls.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._answers: dict[str, dict[str, object]] = {
            name: {} for name in ("result", "error", "total", "next", "time")
        }

    async def run(self, params: Params) -> dict[str, object]:
        """Carry out the calls in their order and return the batch's ``result``.

        A call that fails is told in ``result_error``; with ``halt`` it is the last one.

        Raises:
            Broken: a call met a fault that ends the whole request.
        """
        is_halting = params.get("HALT") not in (None, "", "0", 0, [])
        for place, (key, command) in enumerate(_commands(params.get("CMD"))):
            if not isinstance(command, str):
                continue
            try:
                self._keep(key, await self._call(place, command))
            except RestError as error:
                self._executor.portal.counters.note(error)
                self._answers["error"][key] = error.tell()
                if is_halting:
                    break
        return {
            name if name == "result" else f"result_{name}": php_array(answers)
            for name, answers in self._answers.items()
        }

    async def _call(self, place: int, command: str) -> Executed:
        if place >= _CALLS:
            raise RestError("ERROR_BATCH_LENGTH_EXCEEDED")
        watch = self._executor.watch()
        method, query = _split(command)
        if method == BATCH:
            raise RestError("ERROR_BATCH_METHOD_NOT_ALLOWED")
        self._executor.portal.counters.by_method[method] += 1
        params = Params(self._read(query))
        fault = self._executor.portal.faults.take(method, in_batch=True)
        return await carry_out(fault, lambda: self._executor.call(method, params, watch))

    def _read(self, query: str) -> dict[str, object]:
        try:
            form = parse_form(query)
        except FormError as error:
            raise RestError("ERROR_ARGUMENT", f"The call has {error}") from error
        return {name: substitute(value, self._answers) for name, value in form.items()}

    def _keep(self, key: str, executed: Executed) -> None:
        answer = executed.answer
        self._answers["result"][key] = answer.result
        self._answers["time"][key] = executed.time
        if answer.total is not None:
            self._answers["total"][key] = answer.total
        if answer.next is not None:
            self._answers["next"][key] = answer.next


def php_array(values: Mapping[str, object]) -> object:
    """Return a map as PHP writes it: a list if it is empty or its keys count from 0."""
    is_list = list(values) == [str(number) for number in range(len(values))]
    return list(values.values()) if is_list else values


def _commands(cmd: object) -> list[tuple[str, object]]:
    if isinstance(cmd, dict):
        return list(cmd.items())
    return [(str(number), call) for number, call in enumerate(cmd if isinstance(cmd, list) else [])]


def _split(command: str) -> tuple[str, str]:
    """Split a call into method and query, as PHP's ``parse_url`` does."""
    address = command.partition("#")[0]
    method, _, query = _CONTROL.sub("_", address).partition("?")
    return method.lower(), query
