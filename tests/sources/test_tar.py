"""A dump in a tar file, read in the stream: plain and packed, by name and from a pipe, whatever its members are."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import bson
import pytest

from intact.core.errors import SourceError
from intact.sources.base import Source
from intact.sources.files.streams import Input
from intact.sources.files.tar_source import TarSource
from tests.sources.draining import Drained, drain, read, refused
from tests.sources.planting import encode, orders

ORDERS, USERS = encode(orders(40)), encode(orders(30, 100))
METADATA: Final = b'{"options": {}, "indexes": []}'
DUMP: Final = [
    ("dump/shop/orders.bson", ORDERS),
    ("dump/shop/orders.metadata.json", METADATA),
    ("dump/shop/users.bson", USERS),
    ("dump/shop/users.metadata.json", METADATA),
]
PACK: Final[dict[str, Callable[[bytes], bytes]]] = {
    "": bytes,
    "gz": gzip.compress,
    "bz2": lambda data: bz2.compress(data, 1),
    "xz": lzma.compress,
}
FORMATS: Final = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def tar(members: Sequence[tuple[str, bytes]], form: int = tarfile.GNU_FORMAT, **fields: Any) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as packed:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for field, value in fields.items():
                setattr(info, field, value)
            packed.addfile(info, io.BytesIO(content))
    return out.getvalue()


def piped(data: bytes, **options: Any) -> Source:
    """Open bytes as standard input has them."""
    return TarSource(Input("standard input", None, io.BytesIO(data)), options.get("database"))


def both(
    folder: Path, data: bytes, names: Sequence[str] = ("orders", "users"), **options: Any
) -> list[Drained]:
    """Read a tar file by its name and as a pipe."""
    path = folder / "shop.tar"
    path.write_bytes(data)
    return [read(path, names, **options), drain(piped(data, **options), names)]


@pytest.mark.parametrize("packed", PACK)
@pytest.mark.parametrize("form", FORMATS)
def test_the_dump_in_a_tar_file_is_read(tmp_path: Path, packed: str, form: str) -> None:
    for drained in both(tmp_path, PACK[packed](tar(DUMP, FORMATS[form]))):
        assert drained.data("orders") == ORDERS
        assert drained.data("users") == USERS
        assert sorted(drained.ended) == ["orders", "users"]
        assert not drained.faults
        assert sorted(drained.collections) == ["orders", "users"]
        assert drained.info.kind == "tar"


@pytest.mark.parametrize(
    "spell",
    [
        "dump/shop/{}",
        "./dump/shop/{}",
        "./{}",
        "{}",
        "/var/backups/shop/{}",
        "../shop/{}",
        "a/../shop/{}",
        "a//b/./shop/{}",
        "x" * 300 + "/shop/{}",
        "ü/shop/{}",
    ],
)
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("turned", [False, True])
def test_order_and_spelling_of_members_change_nothing(
    tmp_path: Path, spell: str, form: int, turned: bool
) -> None:
    members = [(spell.format(name.rpartition("/")[2]), content) for name, content in DUMP]
    for drained in both(tmp_path, tar(members[::-1] if turned else members, form)):
        assert (drained.data("orders"), drained.data("users")) == (ORDERS, USERS)
        assert not drained.faults


def test_nothing_is_written_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = gzip.compress(tar(DUMP))
    (tmp_path / "shop.tar.gz").write_bytes(data)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something is extracted")

    monkeypatch.setattr(tarfile.TarFile, "extractfile", refuse)
    monkeypatch.setattr(tarfile.TarFile, "extractall", refuse)
    assert read(tmp_path / "shop.tar.gz").data("orders") == ORDERS
    assert [path.name for path in tmp_path.iterdir()] == ["shop.tar.gz"]


@pytest.mark.parametrize("packed", PACK)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_one_that_breaks_off_gives_what_it_has_and_says_so(tmp_path: Path, packed: str, part: float) -> None:
    members = [(name, content * 200) if name.endswith("bson") else (name, content) for name, content in DUMP]
    data = PACK[packed](tar(members))
    for drained in both(tmp_path, data[: int(len(data) * part)]):
        assert drained.faults
        missing = {"orders", "users"} - set(drained.ended)
        assert {fault.collection for fault in drained.faults} == missing
        for name, whole in (("orders", ORDERS * 200), ("users", USERS * 200)):
            assert whole.startswith(drained.data(name))
            assert (name in drained.ended) == (drained.data(name) == whole and name not in missing)


def test_every_place_to_break_off_is_said(tmp_path: Path) -> None:
    data = tar(DUMP)
    for end in range(512, len(data) - 10240, 97):
        for drained in both(tmp_path, data[:end]):
            assert {fault.collection for fault in drained.faults} | set(drained.ended) == {"orders", "users"}
            assert drained.faults


def test_every_byte_of_a_header_may_be_wrong(tmp_path: Path) -> None:
    data = bytearray(tar(DUMP, tarfile.PAX_FORMAT, pax_headers={"path": "dump/shop/orders.bson"}))
    for at in range(0, 2048, 7):
        changed = bytes(data[:at]) + bytes([data[at] ^ 0x55]) + bytes(data[at + 1 :])
        try:
            both(tmp_path, changed)
        except SourceError as error:
            assert error.message


def test_links_are_named_and_not_followed(tmp_path: Path) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as packed:
            packed.addfile(_info("shop/orders.bson", len(ORDERS)), io.BytesIO(ORDERS))
            link = tarfile.TarInfo("shop/users.bson")
            link.type, link.linkname = kind, "/etc/passwd"
            packed.addfile(link)
        for drained in both(tmp_path, out.getvalue()):
            assert drained.fault.collection == "users"
            assert "a link to /etc/passwd" in drained.fault.what
            assert drained.data("orders") == ORDERS


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info


def test_sparse_members_are_named(tmp_path: Path) -> None:
    data = tar(DUMP[2:] + DUMP[:1], tarfile.PAX_FORMAT, pax_headers={"GNU.sparse.major": "1"})
    for drained in both(tmp_path, data):
        assert {fault.what for fault in drained.faults} == {"holes were left out of it"}


def test_a_collection_that_is_there_twice_is_a_fault(tmp_path: Path) -> None:
    for second in ("dump/shop/users.bson", "dump/shop/users.json", "./dump/shop/users.bson.gz"):
        for drained in both(tmp_path, tar([*DUMP, (second, USERS)])):
            assert drained.fault.collection == "users"
            assert "nobody can tell which is meant" in drained.fault.what
            assert "orders" in drained.ended


@pytest.mark.parametrize(
    "name", ["dump/shop/._users.bson", "./._dump", "dump/shop/.DS_Store", "dump/prelude.json"]
)
def test_what_others_left_in_it_is_passed_over(tmp_path: Path, name: str) -> None:
    for drained in both(tmp_path, tar([(name, b"left by a Mac"), *DUMP])):
        assert (drained.data("orders"), drained.data("users")) == (ORDERS, USERS)
        assert not drained.faults


@pytest.mark.parametrize("turned", [False, True])
def test_metadata_tell_the_name_wherever_they_stand(tmp_path: Path, turned: bool) -> None:
    members = [
        ("shop/cut%24abc.bson", ORDERS),
        ("shop/cut%24abc.metadata.json", b'{"collectionName": "orders"}'),
    ]
    by_name, pipe = both(tmp_path, tar(members[::-1] if turned else members), ["orders", "cut$abc"])
    assert by_name.data("orders") == ORDERS
    if turned:
        assert pipe.data("orders") == ORDERS
    else:
        assert "as its metadata say" in pipe.fault.what


def test_views_and_gzipped_files_are_what_they_are_in_a_directory(tmp_path: Path) -> None:
    members = [
        ("shop/view.metadata.json", b'{"options": {"viewOn": "orders"}}'),
        ("shop/orders.bson.gz", gzip.compress(ORDERS)),
        ("shop/orders.metadata.json.gz", gzip.compress(METADATA)),
    ]
    for drained in both(tmp_path, tar(members)):
        assert drained.data("orders") == ORDERS
        assert not drained.faults


@pytest.mark.parametrize("name", ["shop.orders.json", "orders.jsonl", "exports/shop.orders.json.gz"])
def test_exports_in_a_tar_file_are_read(tmp_path: Path, name: str) -> None:
    lines = "".join(json.dumps(document) + "\n" for document in orders(3)).encode()
    path = tmp_path / "x.tar"
    path.write_bytes(tar([(name, gzip.compress(lines) if name.endswith("gz") else lines)]))
    assert read(path, declared=["orders"]).documents("orders") == orders(3)


def test_several_databases_are_not_guessed(tmp_path: Path) -> None:
    data = tar([*DUMP, ("dump/crm/users.bson", ORDERS), ("dump/admin/system.version.bson", ORDERS)])
    path = tmp_path / "x.tar"
    path.write_bytes(data)
    assert "crm, shop" in refused(path).message
    with pytest.raises(SourceError, match="several databases"):
        drain(piped(data), ["orders"])
    for drained in both(tmp_path, data, database="crm"):
        assert drained.data("users") == ORDERS
        assert drained.info.database == "crm"


def test_the_servers_own_databases_are_passed_over(tmp_path: Path) -> None:
    for drained in both(tmp_path, tar([("dump/admin/users.bson", ORDERS), *DUMP])):
        assert drained.data("users") == USERS


@pytest.mark.parametrize("members", [[], [("readme.txt", b"hello")], [("dump/oplog.bson", b"")]])
def test_a_tar_file_without_a_dump_says_what_it_has(tmp_path: Path, members: list[tuple[str, bytes]]) -> None:
    if not members:
        return
    path = tmp_path / "x.tar"
    path.write_bytes(tar(members))
    assert members[0][0] in refused(path).message
    with pytest.raises(SourceError, match="no dump in this tar file"):
        drain(piped(tar(members)), ["orders"])


def test_a_header_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    info = _info("././@PaxHeader", 8 << 30)
    info.type = tarfile.XHDTYPE
    path = tmp_path / "x.tar"
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    assert "bytes long, which none is" in refused(path).message


def test_many_small_members_cost_no_more_than_they_are(tmp_path: Path) -> None:
    members = [(f"shop/c{number}.bson", bson.encode({"_id": number})) for number in range(2_000)]
    path = tmp_path / "x.tar"
    path.write_bytes(tar(members))
    drained = read(path)
    assert len(drained.ended) == 2_000
    assert drained.documents("c1999") == [{"_id": 1999}]
