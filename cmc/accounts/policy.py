"""What an operator decides about accounts."""

from dataclasses import dataclass

from cmc.accounts.passwords import Profile
from cmc.core.limits import MACHINE_PER_MINUTE

PEOPLE_A_DAY = 300


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules for passwords, and two limits: requests of a machine a minute, people that a user opens a day."""

    profile: Profile = Profile.ASVS
    machine_per_minute: int = MACHINE_PER_MINUTE
    people_a_day: int = PEOPLE_A_DAY
