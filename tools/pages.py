"""Write the pages of the reference that are made of the code: the checks' own words, and the published schemas.

``python -m tools.pages`` writes them; a test compares what is committed with what it would write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from intact.audit.options import finding_types
from intact.checks import BY_NAME, KINDS
from intact.checks.pages import SECTIONS, UNREADABLE_KIND, UNREADABLE_PAGE, Page, page
from intact.core.distribution import SITE, SLUG
from intact.model import load
from intact.model.specs import Kind, OptionType

DOCS: Final = Path(__file__).parent.parent / "docs"

SCHEMAS: Final = {
    "report": ("The JSON report", "What `intact check --format json` writes, and `.json` files hold."),
    "doctor": ("The JSON of `intact doctor`", "What `intact doctor --format json` writes."),
    "model": (
        "The keys of a model file",
        "What a model file may hold; [Model files](../model.md) explains it.",
    ),
    "project": (
        "The keys of a project file",
        "What `intact.yml` may hold; [The project file](../how-to/project.md) explains it.",
    ),
    "alerts": (
        "The keys of an alerts file",
        "What an alerts file may hold; [Be told](../how-to/alerts.md) explains it.",
    ),
}
"""The schemas by the beginning of their file names, with title and a sentence."""


def pages() -> Iterator[tuple[Path, str]]:
    """Give each page's path under ``docs`` and its text."""
    types: dict[str, list[str]] = {}
    for type_, kinds in finding_types(load("delivery", KINDS)).items():
        types.setdefault(kinds[0] if kinds else "any", []).append(type_)
    for name, check in BY_NAME.items():
        told = page(check.__doc__ or "")
        yield Path("checks", f"{name}.md"), _check(name, told, check.KIND, types.get(name, []))
    told = page(UNREADABLE_PAGE)
    yield Path("checks", f"{UNREADABLE_KIND}.md"), _check(UNREADABLE_KIND, told, None, ["UNREADABLE_VALUE"])
    yield Path("checks", "index.md"), _index(types)
    for name, (title, about) in SCHEMAS.items():
        (file,) = (DOCS / "schemas").glob(f"{name}-*.json")
        schema = json.loads(file.read_text(encoding="utf-8"))
        yield Path("schemas", f"{name}.md"), _schema(title, about, file.name, schema)


def _check(name: str, told: Page, kind: Kind | None, types: list[str]) -> str:
    lines = [f"# {name}", "", told.summary, ""]
    if types:
        shipped = ", ".join(f"`{each}`" for each in types)
        lines += [f"In the shipped model `delivery` its findings are {shipped}.", ""]
    for section in SECTIONS:
        lines += [f"## {section}", "", _prose(told.sections[section]), ""]
    if kind and kind.options:
        lines += ["## Options", "", "| option | takes | |", "|---|---|---|"]
        for option, each in kind.options.items():
            takes = " or ".join(f"`{choice}`" for choice in each.choices) or _words(each.type)
            needed = "" if each.required else " Optional."
            lines.append(f"| `{option}` | {takes} | {_cell(each.about)}{needed} |")
        lines += ["", "Every check also has the options in [Model files](../model.md#checks).", ""]
    return "\n".join(lines)


def _words(type_: OptionType) -> str:
    return type_.name.lower().replace("_", " ")


def _prose(text: str) -> str:
    """Leave a check's words as they are, in Markdown: a dollar sign or an underscore outside code stays itself."""
    return text.replace("<", "&lt;")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _index(types: Mapping[str, list[str]]) -> str:
    lines = [
        "# The checks",
        "",
        "Each page says what a check finds, why it matters, how to repair it, and what it cannot see. `intact explain`",
        "prints the same, with the query for mongosh.",
        "",
        "| check | finds | in the model `delivery` |",
        "|---|---|---|",
    ]
    told = {name: page(check.__doc__ or "") for name, check in BY_NAME.items()}
    told[UNREADABLE_KIND] = page(UNREADABLE_PAGE)
    types = {**types, UNREADABLE_KIND: ["UNREADABLE_VALUE"]}
    for name, each in told.items():
        found = ", ".join(f"`{type_}`" for type_ in types.get(name, []))
        lines.append(f"| [{name}]({name}.md) | {_cell(each.summary)} | {found} |")
    listed = ["", "```{toctree}", ":hidden:", "", *told, "```", ""]
    return "\n".join([*lines, *listed])


def _schema(title: str, about: str, file: str, schema: Mapping[str, Any]) -> str:
    lines = [f"# {title}", "", about, f"Made of its JSON Schema, [{file}]({file}).", ""]
    lines += _table(schema)
    for name, each in schema.get("$defs", {}).items():
        lines += [f"## {name}", ""]
        if each.get("description"):
            lines += [each["description"], ""]
        lines += _table(each)
    return "\n".join(lines)


def _table(schema: Mapping[str, Any]) -> list[str]:
    rows = list(_rows("", schema))
    if not rows:
        return []
    return ["| key | type | |", "|---|---|---|", *rows, ""]


def _rows(path: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Give a row a key, those of objects within objects under their whole path."""
    for name, each in schema.get("properties", {}).items():
        here = f"{path}{name}"
        yield f"| `{here}` | {_type(each)} | {_cell(each.get('description', ''))} |"
        yield from _rows(f"{here}.", each)
        items = each.get("items")
        if isinstance(items, Mapping):
            yield from _rows(f"{here}[].", items)


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name})"
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ", ".join(f"`{json.dumps(value)}`" for value in values)
    if "oneOf" in schema and "type" not in schema:
        return " or ".join(dict.fromkeys(_type(each) for each in schema["oneOf"]))
    given = schema.get("type", "any")
    items, named = schema.get("items"), schema.get("additionalProperties")
    if given == "object" and isinstance(named, Mapping) and "$ref" in named:
        return f"object of {_type(named)}"
    if given == "array" and isinstance(items, Mapping):
        return f"list of {_type(items)}"
    return _cell(" or ".join(given) if isinstance(given, list) else str(given))


_ADDRESS: Final = re.compile(
    r"(?P<host>https://(?:github\.com|raw\.githubusercontent\.com)/)[\w.-]+/intact(?![\w-])"
    r"|https://[\w-]+\.github\.io/intact(?![\w-])"
)


def addressed() -> Iterator[Path]:
    """Yield the files that hold the repository's address for people and tools that cannot ask the package."""
    root = DOCS.parent
    yield from (root / "pyproject.toml", *sorted(root.glob("*.md")), *sorted(root.glob("changelog.d/*.md")))
    yield from sorted(DOCS.rglob("*.md"))
    yield from sorted((root / "src" / "intact" / "model" / "models").glob("*.yml"))


def with_address(text: str) -> str:
    """Return a text with the repository's address, and the site's, as they are in :mod:`intact.core.distribution`."""
    return _ADDRESS.sub(lambda found: f"{found['host']}{SLUG}" if found["host"] else SITE, text)


def main() -> None:
    """Write the pages, and remove what is no page any more."""
    wanted = dict(pages())
    (DOCS / "checks").mkdir(exist_ok=True)
    for path in (DOCS / "checks").glob("*.md"):
        if path.relative_to(DOCS) not in wanted:
            path.unlink()
    for path, text in wanted.items():
        (DOCS / path).write_text(text, encoding="utf-8")
    for path in addressed():
        text = path.read_text(encoding="utf-8")
        path.write_text(with_address(text), encoding="utf-8")


if __name__ == "__main__":
    main()
