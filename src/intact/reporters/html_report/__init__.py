"""The report as one HTML file: for people, on a screen, a phone or paper; with nothing else to load."""

from __future__ import annotations

from intact.reporters.html_report.page import render

__all__ = ["render"]
