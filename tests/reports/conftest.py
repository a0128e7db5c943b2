"""The histories that the tests of indicators are written in."""

from ..indicators.conftest import histories  # noqa: TID252 - the tests are no package that could be named

__all__ = ["histories"]
