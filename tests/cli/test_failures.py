"""What goes wrong is one sentence: no traceback, and never a part of a credential."""

from __future__ import annotations

import pytest

from intact.core.errors import ModelError, SourceError
from tests.cli.running import invoke

PASSWORD = "s3cr3t"
URIS = [
    f"mongodb://anna:{PASSWORD}@db.example:27017/shop",
    f"mongodb+srv://anna:{PASSWORD}@db.example/shop?authSource=admin",
    f"MONGODB://anna:{PASSWORD}@db.example",
    f"mongodb://anna:{PASSWORD}/x@y@db.example",
    f"mongodb://anna:a {PASSWORD} b@db.example",
    f"mongodb:anna:{PASSWORD}@db.example",
    f"mongodb://db.example/?authMechanismProperties=AWS_SESSION_TOKEN:{PASSWORD}",
    f"mongodb://anna:it's{PASSWORD}@db.example",
]


@pytest.mark.parametrize("uri", URIS)
@pytest.mark.parametrize(
    "place",
    [
        lambda uri: [uri],
        lambda uri: ["check", "--limit", uri],
        lambda uri: ["check", f"--limit={uri}"],
        lambda uri: ["check", "--as-of", uri, "x"],
        lambda uri: ["check", "--format", uri],
        lambda uri: ["check", "x", uri],
        lambda uri: ["check", "--report", uri, "none-such"],
        lambda uri: ["check", "none-such", "--output", uri],
        lambda uri: ["check", "none-such", "--model", uri],
        lambda uri: ["check", uri, "--memory", "lots"],
        lambda uri: ["explain", uri],
        lambda uri: ["model", "show", uri],
        lambda uri: ["demo", uri, "nonsense"],
    ],
)
def test_a_password_on_the_command_line_is_never_repeated(uri: str, place: object) -> None:
    result = invoke(*place(uri))  # type: ignore[operator]
    assert result.exit_code == 2
    assert PASSWORD not in result.output
    assert "anna" not in result.output


@pytest.mark.parametrize("uri", URIS)
@pytest.mark.parametrize("traceback", ["", "1"])
def test_an_unexpected_error_never_repeats_a_password(
    uri: str, traceback: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: object = None, **_: object) -> None:
        raise RuntimeError(f"cannot handle {uri!r} of {source}")

    monkeypatch.setattr("intact.audit.run.check", fail)
    for arguments, environment in ((["check", uri], {}), (["check"], {"MONGODB_URI": uri})):
        result = invoke(*arguments, INTACT_TRACEBACK=traceback, **environment)
        assert result.exit_code == 2
        assert PASSWORD not in result.output
        assert "anna" not in result.output
        assert ("Traceback" in result.stderr) == bool(traceback)


def test_an_unexpected_error_is_a_sentence_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division\nby \x1b[31mzero")

    monkeypatch.setattr("intact.audit.run.check", fail)
    result = invoke("check", "x")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "a fault in intact itself (ZeroDivisionError: division\\nby \\x1b[31mzero)" in result.stderr
    assert "/issues" in result.stderr
    assert "INTACT_TRACEBACK=1" in result.stderr


def test_a_server_without_credentials_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SourceError("the server does not answer", where="mongodb://db.example:27017/shop")

    monkeypatch.setattr("intact.audit.run.check", fail)
    result = invoke("check", f"mongodb://anna:{PASSWORD}@db.example:27017/shop")
    assert result.stderr == "intact: mongodb://db.example:27017/shop: the server does not answer\n"


def test_several_mistakes_of_a_model_are_several_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ModelError("mine.yml:3: no\nmine.yml:4: neither\x1b")

    monkeypatch.setattr("intact.audit.run.check", fail)
    assert invoke("check", "x").stderr == "intact: mine.yml:3: no\nmine.yml:4: neither\\x1b\n"


@pytest.mark.parametrize("arguments", [["chekc"], ["check", "--nonsense"], ["model"], ["model", "nonsense"]])
def test_wrong_usage_ends_with_2_and_names_the_help(arguments: list[str]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "--help" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "source", [f"anna:{PASSWORD}@127.0.0.1:27017/shop", f"anna:{PASSWORD}/x@y@db.example"]
)
def test_a_password_is_not_repeated_where_the_scheme_was_forgotten(source: str) -> None:
    result = invoke("check", source)
    assert result.exit_code == 2
    assert "db.example" in result.output or "127.0.0.1" in result.output
    assert PASSWORD not in result.output
    assert "anna" not in result.output
