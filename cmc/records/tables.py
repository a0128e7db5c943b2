"""The tables of the health record: those of facts."""

from cmc.records.fact_tables import FACT_TABLES

__all__ = ["FACT_TABLES"]
