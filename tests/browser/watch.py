"""What a page must never do while a test runs: break its policy, fail, or say so on the console; and axe-core."""

import re
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Response

from cmc.web import builder

AXE = builder.UI / "node_modules" / "axe-core" / "axe.min.js"

# The browser reports a refused request by itself; that a refusal is shown as it should be is for the test to say.
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")

_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


class Watch:
    """Notes what a page complains of."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        """A breach of the content security policy is an error on the console too."""
        if message.type in {"error", "warning"} and not _REFUSED.match(message.text):
            self.complaints.append(f"{message.type}: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status}: {response.request.method} {response.url}")

    def require_quiet(self) -> None:
        assert self.complaints == [], self.complaints


def axe_violations(page: Page, within: str = "html") -> list[str]:
    """What axe-core finds wrong with the page as it stands, or with a part of it: rule, where, and why."""
    found: dict[str, Any] = page.evaluate("([within, rules]) => axe.run(within, rules)", [within, _RULES])
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
