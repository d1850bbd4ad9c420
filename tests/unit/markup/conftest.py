"""Settings for property tests: a loaded machine is no failure."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("steady", deadline=None, suppress_health_check=_SLOW)
settings.load_profile("steady")
