"""Names of actors beside the trail: looked up when it is read, so that what is sealed holds ids alone.

Who has which name is known above the trail; the application gives the look-up (`api.ACTOR_NAMES`) as it gives what the
state of the installation tells.
"""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy.orm import Session

NamesOf = Callable[[Session, Iterable[str]], Mapping[str, str]]
"""The names of those among some actors that have one; jobs, commands and what is gone have none."""
