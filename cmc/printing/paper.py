"""The frame of every printed page: plain HTML, Chinese before English, no script, nothing loaded. Pure."""

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Final

from cmc.core.clock import LOCAL
from cmc.core.text import Text

FONT: Final = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"
"""Chinese faces first; only fonts of the machine are used, nothing comes over the network."""


def document(title: Text, parts: Iterable[str], style: str) -> str:
    """Return a whole page; `parts` are pieces of HTML whose texts are escaped."""
    head = f"<!doctype html><html lang='zh-CN'><head><meta charset='utf-8'><title>{both(title)}</title>"
    return "".join([head, f"<style>{style}</style></head><body>", *parts, "</body></html>"])


def policy(style: str) -> str:
    """Return the Content-Security-Policy of a page: its own style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def both(words: Text) -> str:
    """Return words in both languages."""
    return escape(f"{words.zh} {words.en}")


def small(words: Text) -> str:
    """Return words in both languages, the English ones smaller."""
    return f"{escape(words.zh)} <small>{escape(words.en)}</small>"


def instant(at: datetime) -> str:
    """Return an instant on local clocks, to the minute."""
    return escape(at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M"))
