"""Where models come from: shipped by name, or a file; and what is said of a file that cannot be read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from intact.checks import KINDS
from intact.core.errors import ModelError
from intact.model import load, parse, shipped, source_text
from tests.model.broken import SHOP


def _refused(path: str | Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        load(path, KINDS)
    return caught.value


def test_shipped_models_are_known_by_name_with_their_titles() -> None:
    """As ``intact model`` lists them."""
    assert dict(shipped()) == {name: load(name, KINDS).title for name in ("delivery", "northwind")}


@pytest.mark.parametrize("name", shipped())
def test_the_text_of_a_shipped_model_is_a_model(name: str) -> None:
    """To be copied and changed."""
    assert parse(source_text(name), KINDS).name == name


def test_a_misspelt_shipped_model_gives_the_right_name() -> None:
    """By load and by source_text."""
    assert str(_refused("delivry")) == (
        "no model 'delivry' comes with intact, and there is no such file. Did you mean 'delivery'?"
    )
    with pytest.raises(ModelError, match="Did you mean 'northwind'"):
        source_text("northwnd")


def test_a_file_is_read_by_path(tmp_path: Path) -> None:
    """As text or as a path; messages name it as it was given."""
    assert load(SHOP, KINDS).file == str(SHOP)
    assert load(str(SHOP), KINDS).name == "shop"


def test_a_file_may_have_the_name_of_nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also without a suffix; but a shipped name is the shipped model, unless it is a path."""
    monkeypatch.chdir(tmp_path)
    text = SHOP.read_text(encoding="utf-8")
    Path("mine").write_text(text, encoding="utf-8")
    Path("delivery").write_text(text, encoding="utf-8")
    assert load("mine", KINDS).name == "shop"
    assert load("delivery", KINDS).name == "delivery"
    assert load("./delivery", KINDS).name == "shop"
    assert load(Path("delivery"), KINDS).name == "shop"


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_too(tmp_path: Path, indent: int | str | None) -> None:
    """Indented with spaces, with tabs or not at all."""
    plain = YAML(typ="safe", pure=True).load(SHOP.read_text(encoding="utf-8"))
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(plain, indent=indent), encoding="utf-8")
    assert load(file, KINDS).reports.keys() == load(SHOP, KINDS).reports.keys()


def test_json_may_escape_what_it_likes() -> None:
    """Also characters beyond 16 bits, which JSON writes as two."""
    text = json.dumps({"intact": 1, "name": "m", "title": "\U0001f69a / é", "collections": {}, "reports": {}})
    with pytest.raises(ModelError) as caught:
        parse(text.replace("/", "\\/"), KINDS)
    assert "title" not in str(caught.value)


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_lines_may_end_in_any_way(newline: str) -> None:
    """Lines are counted the same."""
    text = SHOP.read_text(encoding="utf-8").replace("\n", newline)
    assert parse(text, KINDS).reports["money"].line == load(SHOP, KINDS).reports["money"].line


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """Editors on Windows write it."""
    file = tmp_path / "shop.yml"
    file.write_bytes(b"\xef\xbb\xbf" + SHOP.read_bytes())
    assert load(file, KINDS).name == "shop"


def test_a_file_that_is_not_there_gives_the_nearest(tmp_path: Path) -> None:
    """Of the model files beside it."""
    (tmp_path / "shop.yml").write_bytes(SHOP.read_bytes())
    error = _refused(tmp_path / "shopp.yml")
    assert error.message == "there is no such model file"
    assert error.hint == "Did you mean 'shop.yml'?"
    assert _refused(tmp_path / "nowhere" / "x.yml").hint == ""


def test_a_directory_is_told_apart(tmp_path: Path) -> None:
    """From a file that is not there."""
    assert _refused(tmp_path).message == "this is a directory, not a model file"


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has its own sentence."""
    file = tmp_path / "shop.yml"
    file.write_bytes(SHOP.read_bytes())

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert _refused(file).message == "there is no permission to read this model file"


def test_a_file_that_cannot_be_read_for_another_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Has the reason of the operating system."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", refuse)
    assert _refused(tmp_path / "x.yml").message == "this model file cannot be read: Input/output error"


def test_a_path_with_a_null_character() -> None:
    """Is no path."""
    assert "cannot be read" in _refused("a\0b.yml").message


def test_what_is_not_utf_8_has_its_line(tmp_path: Path) -> None:
    """Where the first wrong byte is."""
    file = tmp_path / "shop.yml"
    file.write_bytes(b"intact: 1\ntitle: Caf\xe9\n")
    error = _refused(file)
    assert (error.message, error.where) == ("this is not UTF-8 text", f"{file}:2")


@pytest.mark.parametrize("content", [b"", b"\n  \n", b"\xef\xbb\xbf"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    """Is not a list of everything that is missing."""
    file = tmp_path / "shop.yml"
    file.write_bytes(content)
    assert _refused(file).message == "the model file is empty"


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    """A dump given as a model, say: it is not read to its end."""
    file = tmp_path / "shop.yml"
    file.write_bytes(b"#" * 5_000_000)
    assert _refused(file).message == "this is too large for a model file"


def test_a_binary_file(tmp_path: Path) -> None:
    """Gives a sentence, whatever is in it."""
    file = tmp_path / "orders.bson"
    file.write_bytes(bytes(range(256)))
    assert _refused(file).where.startswith(str(file))


def test_importing_the_package_is_light() -> None:
    """Who needs only the records loads no YAML reader."""
    code = (
        "import sys, intact.model, intact.model.specs;"
        "heavy = {'ruamel', 'jsonschema', 'phonenumbers', 'pyarrow', 'duckdb', 'zoneinfo', 'difflib', 'intact.checks'};"
        "heavy |= {'importlib.metadata', 'email'};"
        "sys.exit(' '.join(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.stderr.strip() == ""


def test_loading_needs_no_checks() -> None:
    """They are handed in: the model knows nothing of them."""
    code = (
        "import sys, intact.model\n"
        "try: intact.model.load('delivery', [])\n"
        "except Exception: pass\n"
        "sys.exit(int('intact.checks' in sys.modules or 'jsonschema' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_package_has_what_it_says() -> None:
    """And nothing else."""
    import intact.model

    assert all(hasattr(intact.model, name) for name in intact.model.__all__)
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        intact.model.lode  # noqa: B018


def test_a_text_that_is_read_again_is_the_same_model_and_has_the_same_faults() -> None:
    text = SHOP.read_text("utf-8")
    broken = f"{text}\nname: twice\n"
    first, said = parse(text, KINDS), []
    for number in range(20):
        parse(f"{text}\n# another text {number}", KINDS)
        with pytest.raises(ModelError) as caught:
            parse(broken, KINDS)
        said.append(str(caught.value))
        assert parse(text, KINDS) == first
    assert len(set(said)) == 1
    assert "name" in said[0]
