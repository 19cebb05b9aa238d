"""Our distributions have names of their own, nothing sends anybody to a stranger's, and the address stands once."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import pytest

from intact.cli.app import app
from intact.core import distribution
from intact.core.distribution import REPOSITORY, SITE, SLUG, install_hint, requirement
from intact.operations.schedule.forms import FORMS, order_of
from intact.operations.schedule.plan import Plans
from intact.operations.schedule.times import Times
from tests.house.files import PAGES, ROOT, files, name
from tools.pages import addressed, with_address

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = sorted(PYPROJECT["project"]["optional-dependencies"])

INSTALLS = re.compile(
    r"\b(?:pip3?|pipx|uvx?|conda|poetry|pdm|hatch)[\"']?\s+(?:-\S+\s+)*"
    r"(?:install|run|add|inject|tool install|download|wheel|pip install)\b([^\n]*)"
)
NAMED = re.compile(r"(?<![\w./@:-])intact(?:\[[\w, -]*\])?(?![\w./@:-])(?!\.git)")


def sent_to_a_stranger(text: str) -> list[str]:
    """The places of a text that tell to install the distribution ``intact``."""
    unescaped = text.replace("\\", "").replace("`", " ")
    return [
        found[0]
        for found in INSTALLS.finditer(unescaped)
        if "uninstall" not in found[0] and NAMED.search(re.split(r"&&|\||;|#|\. |, |: ", found[1])[0])
    ]


def texts() -> Iterator[tuple[str, str]]:
    for path in files():
        if path.suffix in {".py", ".md", ".toml", ".yml", ".yaml", ".json", ".sh", ".rs", ""}:
            yield name(path), path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("pip install intact", True),
        ("pip install 'intact[aws]'", True),
        ("`pip install intact[native]`.", True),
        ("pipx install --force intact", True),
        ("uv tool install intact==0.1.0", True),
        ("python -m pip install --quiet \"intact[serve]\"", True),
        ("pip install 'intact @ git+https://github.com/x/intact@v1'", True),
        ("pip install 'intact-audit[aws] @ git+https://github.com/x/intact'", False),
        ("pip install ./intact", False),
        ("pip install . && intact check dump", False),
        ("pip uninstall intact", False),
        ("pip install pymongo", False),
    ],
)  # fmt: skip
def test_what_tells_to_install_a_strangers_distribution_is_recognised(text: str, wrong: bool) -> None:
    assert bool(sent_to_a_stranger(text)) == wrong


def test_no_file_tells_anybody_to_install_what_is_called_intact_on_the_index() -> None:
    own = name(Path(__file__))
    assert {
        path: found for path, text in texts() if path != own and (found := sent_to_a_stranger(text))
    } == {}


def built_messages(tmp_path: Path) -> Iterator[str]:
    """Messages that no file holds as they are."""
    for marker in ("", "pipx_metadata.json", "uv-receipt.toml"):
        prefix = tmp_path / (marker or "plain")
        prefix.mkdir()
        if marker:
            (prefix / marker).touch()
        yield from (install_hint(extra, prefix=str(prefix)) for extra in EXTRAS)
    for source in ("/backup/shop", None):
        order = order_of(
            Plans("delivery")(),
            Times(ZoneInfo("UTC"), time(6), 0, 1),
            model="delivery",
            source=source,
            options=(),
            program=(sys.executable, "-m", "intact"),
            image="intact:1",
            version="0.1.0",
        )
        yield from (text for form in FORMS.values() for text in form(order).values())
    yield from helps(app, "intact")


def helps(command: click.Command, called: str) -> Iterator[str]:
    """The help of a command and of all below it."""
    context = click.Context(command, info_name=called)
    yield command.get_help(context)
    if isinstance(command, click.Group):
        for below, each in command.commands.items():
            yield from helps(each, f"{called} {below}")


def test_no_message_that_is_built_tells_anybody_to_install_what_is_called_intact(tmp_path: Path) -> None:
    messages = list(built_messages(tmp_path))
    assert sum(REPOSITORY in each for each in messages) > 10
    assert [found for each in messages for found in sent_to_a_stranger(each)] == []


def test_a_hint_suits_the_environment_that_it_is_for(tmp_path: Path) -> None:
    what = f"'intact-audit[alerts] @ git+{REPOSITORY}'"
    assert f'"{sys.executable}" -m pip install {what}' in install_hint("alerts", prefix=str(tmp_path))
    (tmp_path / "pipx_metadata.json").touch()
    assert f"pipx install --force {what}" in install_hint("alerts", prefix=str(tmp_path))
    (tmp_path / "pipx_metadata.json").rename(tmp_path / "uv-receipt.toml")
    assert f"uv tool install --force {what}" in install_hint("alerts", prefix=str(tmp_path))


def test_every_extra_that_is_named_anywhere_exists_and_every_extra_is_in_the_readme() -> None:
    named = set()
    for path, text in texts():
        if path.startswith(("src/", "docs/", "README", "changelog.d", "backend/")):
            for found in re.finditer(r"intact-audit\[([\w,-]+)\]|install_hint\(\"([\w-]+)\"\)", text):
                named |= set((found[1] or found[2]).split(","))
    assert {"alerts", "schedule", "serve"} <= named <= set(EXTRAS)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [extra for extra in EXTRAS if f"`{extra}`" not in readme] == []


def test_the_names_are_ours_and_module_and_command_are_intact() -> None:
    assert PYPROJECT["project"]["name"] == distribution.NAME == "intact-audit"
    assert PYPROJECT["project"]["scripts"] == {"intact": "intact.cli:main"}
    assert requirement("aws", version="1.0").startswith("intact-audit[aws] @ git+https://")


def test_the_address_of_the_repository_stands_in_one_place() -> None:
    """Pages and metadata, which cannot ask the package, hold copies that `make docs` writes from that place."""
    copies = {name(path) for path in addressed()}
    generated = ("docs/schemas/", "tests/reporters/golden/", "tests/house/test_names.py")
    holding = {path for path, text in texts() if re.search(rf"{SLUG}|{re.escape(SITE)}", text)}
    others = {path for path in holding - copies if not path.startswith(generated)}
    assert others == {"src/intact/core/distribution.py"}
    for path in addressed():
        text = path.read_text(encoding="utf-8")
        assert with_address(text) == text, f"{name(path)}: run `make docs`"


def test_another_address_is_written_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.pages.SLUG", "somebody/intact")
    monkeypatch.setattr("tools.pages.SITE", "https://somebody.github.io/intact")
    for path in addressed():
        left = with_address(path.read_text(encoding="utf-8"))
        assert "com/intact-audit/" not in left
        assert "intact-audit.github" not in left


def test_a_page_for_maintainers_says_in_which_order_names_are_registered_and_released() -> None:
    page = (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")
    assert page in [each.read_text(encoding="utf-8") for each in PAGES]
    registered, released = page.split("## Release")
    for part in (registered, released):
        places = [part.index(f"`{each}`") for each in ("intact-native", "intact-audit")]
        assert places == sorted(places)
    assert "`intact-guard`" in registered


METADATA = "Metadata-Version: 2.4\nName: intact\nVersion: 1.2.3\nProject-URL: Source, {url}\n"


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A folder of packages in which a distribution lies that is called intact."""
    (tmp_path / "intact-1.2.3.dist-info").mkdir()
    return tmp_path


def run_beside(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "intact-1.2.3.dist-info" / "METADATA").write_text(METADATA.format(url=url))
    program = f"import sys; sys.path.insert(0, {str(folder)!r}); from intact.cli import main; main()"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


SENTENCE = "The package intact 1.2.3 in this environment is another project's"


def test_a_strangers_distribution_in_the_same_environment_is_said_in_one_sentence(beside: Path) -> None:
    done = run_beside(beside, "https://example.org/editor", "model", "list")
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"intact: {SENTENCE}")
    assert "pip uninstall intact" in done.stderr


def test_an_older_one_of_ours_is_no_stranger(beside: Path) -> None:
    assert run_beside(beside, REPOSITORY, "model", "list").stderr == ""


def test_the_doctor_says_it_too(beside: Path) -> None:
    run_beside(beside, REPOSITORY, "demo", "sample", "--quiet")
    done = run_beside(beside, "https://example.org/editor", "doctor", "sample")
    assert "installation" in done.stdout
    assert SENTENCE in " ".join(done.stdout.split())
    assert done.returncode == 0
