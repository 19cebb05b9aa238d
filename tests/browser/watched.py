"""A page under watch: what it logs, what it asks for, what breaks in it."""

from __future__ import annotations

from typing import Any, Protocol

from intact.findings import Report


class Opener(Protocol):
    """Opens a report in a browser and gives Playwright's page."""

    def __call__(self, report: Report, anchor: str = "", **context: Any) -> Any:
        """Open it, at an anchor, in a browser context with these settings."""


class Watched:
    """One page of one file."""

    def __init__(self, browser: Any, uri: str, context: dict[str, Any]) -> None:
        self.uri = uri
        self.scripts = context.get("java_script_enabled", True)
        self.context = browser.new_context(**context)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = self.context.new_page()
        self.noise: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.noise.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.noise.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.noise.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, anchor: str = "") -> Any:
        """Load the page and wait until its script has done its work, if it may run."""
        self.page.goto(self.uri + anchor)
        if self.scripts:
            self.page.wait_for_selector("html[data-ready]")
        return self.page

    def insist(self) -> None:
        """Close it; nothing was logged, nothing broke, and nothing but the file itself was loaded."""
        self.context.close()
        assert self.noise == []
        asked = {each.split("#")[0] for each in self.requests if not each.startswith("data:")}
        assert asked == {self.uri}


def says(page: Any, text: str, where: str = "#range") -> None:
    """Wait until a part of the page, the line above the list if none is named, contains a text."""
    page.locator(where, has_text=text).wait_for(state="attached")
