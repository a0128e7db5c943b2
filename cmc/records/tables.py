"""The tables of the health record: those of facts, and what a clinic is offered first."""

from cmc.records.fact_tables import FACT_TABLES
from cmc.records.favourite_tables import FavouriteMedicine

__all__ = ["FACT_TABLES", "FavouriteMedicine"]
