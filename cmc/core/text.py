"""Human words in the two languages of the product."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in Chinese and in English; it stands beside the thing it names."""

    zh: str
    en: str
