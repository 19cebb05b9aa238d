"""SECURITY.md lists every command that reaches a server, as servers have seen them."""

from __future__ import annotations

from intact.sources.mongodb.commands import ALLOWED, STAGES
from tests.sources.commands_seen import BEGIN, PAGE, page, seen


def test_security_md_lists_every_command_as_servers_of_the_tests_have_seen_them() -> None:
    text = PAGE.read_text("utf-8")
    assert BEGIN in text
    assert page(text) == text, "run: python -m tests.sources.commands_seen"


def test_nothing_reaches_a_server_that_is_not_on_the_list() -> None:
    found = set(seen())
    stages = {each for each in found if each.startswith("$")}
    assert stages <= STAGES
    assert found - stages <= set(ALLOWED)
    assert {"find", "getMore", "aggregate", "listCollections", "hello", "killCursors"} <= found
