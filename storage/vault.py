"""Encrypts what must never lie in the database in clear.

Source: https://cryptography.io/en/latest/fernet/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.fernet import MultiFernet

_SETTING: Final = "B24BRIDGE_SECRET_KEY"


class Vault:
    """Seals texts with the first of several keys, and opens what any of them has sealed.

    Args:
        keys: as ``make_key`` makes them; none is enough as long as nothing is to be sealed.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        self._loaded: MultiFernet | None = None

    @property
    def is_rotating(self) -> bool:
        """Whether there are older keys that something may still be sealed with."""
        return len(self._keys) > 1

    def seal(self, text: str) -> str:
        """Encrypt a text.

        Raises:
            ConfigError: there is no key.
        """
        return self._fernet().encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt what was sealed.

        Raises:
            ConfigError: there is no key, or none that fits.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415

        try:
            return self._fernet().decrypt(sealed).decode()
        except InvalidToken:
            problem = f"{_SETTING}: no key in it opens the credentials in the database"
            raise ConfigError([f"{problem}; add the key that they were made with"]) from None

    def _fernet(self) -> MultiFernet:
        if self._loaded is None:
            # Costs more to import than a bridge without stored credentials needs.
            from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415

            if not self._keys:
                way = "b24bridge secret-key prints a new one"
                raise ConfigError([f"{_SETTING} is missing: credentials are kept encrypted; {way}"])
            self._loaded = MultiFernet([Fernet(key) for key in self._keys])
        return self._loaded


def make_key() -> str:
    """Make a new key."""
    from cryptography.fernet import Fernet  # noqa: PLC0415

    return Fernet.generate_key().decode()
