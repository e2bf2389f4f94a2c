"""One file is read out of an archive, and of a hostile archive nothing."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from modelget.archives import choose, in_archive, member, member_id, open_archive, split_member
from modelget.archives import zip as zip_module
from modelget.errors import UnclearMember, UnsafeFile
from modelget.types import Archive, Candidate, Digest, Evidence, archive_kind

BODY = bytes(range(256)) * 9000
OTHER = BODY[::-1]
KINDS = ("tar", "tar.gz", "zip")
LINKS = {
    "symlink": tarfile.SYMTYPE,
    "hardlink": tarfile.LNKTYPE,
    "device": tarfile.CHRTYPE,
    "queue": tarfile.FIFOTYPE,
}
every_kind = pytest.mark.parametrize("kind", KINDS)
tars = pytest.mark.parametrize("kind", ["tar", "tar.gz"])


def packed(kind: str, *files: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return an archive as Python's own libraries write it."""
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, body in files:
                archive.writestr(name, body)
        return file.getvalue()
    with tarfile.open(fileobj=file, mode="w:gz" if kind == "tar.gz" else "w", format=form) as archive:
        for name, body in files:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return file.getvalue()


@pytest.fixture
def take(tmp_path: Path) -> Callable[..., bytes]:
    """``take(kind, archive, name)``: the bytes of the file that is chosen."""

    def take(kind: str, archive: bytes, name: str = "x.pt", path: str = "") -> bytes:
        file = tmp_path / "archive"
        file.write_bytes(archive)
        reader = open_archive(file, kind, "a." + kind)
        chosen = choose(reader.members(), Archive("a." + kind, kind, path), name)
        return b"".join(reader.read(chosen))

    return take


def refused(take: Callable[..., bytes], *question: Any, saying: str = "") -> None:
    with pytest.raises(UnsafeFile, match=saying or None):
        take(*question)


@every_kind
def test_the_file_of_the_wanted_name_is_read_wherever_it_lies(take, kind) -> None:
    archive = packed(kind, ("readme.txt", b"x"), ("a/y.pt", OTHER), ("./a/b/x.pt", BODY), ("z.ckpt", b"z"))
    assert take(kind, archive) == BODY
    assert take(kind, archive, "sub/y.pt") == OTHER


@every_kind
def test_the_only_model_is_the_wanted_one_whatever_its_name(take, kind) -> None:
    archive = packed(kind, ("saved_model.pb", b"x"), ("weights.PT", BODY), ("__MACOSX/._weights.pt", b"x"))
    assert take(kind, archive) == BODY


@every_kind
def test_the_only_model_of_another_format_is_not_taken_for_it(take, kind) -> None:
    with pytest.raises(UnclearMember) as caught:
        take(kind, packed(kind, ("weights.safetensors", BODY)))
    assert caught.value.ids == (f"a.{kind}#weights.safetensors",)


@every_kind
def test_of_several_a_person_says_which_and_each_is_listed_by_its_id(take, kind) -> None:
    archive = packed(kind, ("a/x.pt", BODY), ("b/x.pt", OTHER), ("c/z.pt", b"z"))
    with pytest.raises(UnclearMember) as caught:
        take(kind, archive)
    assert caught.value.ids == (f"a.{kind}#a/x.pt", f"a.{kind}#b/x.pt")
    assert all(one in caught.value.hint for one in caught.value.ids)
    assert take(kind, archive, "x.pt", "b/x.pt") == OTHER
    assert take(kind, archive, "w.pt", "z.pt") == b"z"
    with pytest.raises(UnclearMember):
        take(kind, archive, "x.pt", "d/x.pt")


@every_kind
def test_an_archive_without_a_model_says_so(take, kind) -> None:
    with pytest.raises(UnclearMember, match="no model file"):
        take(kind, packed(kind, ("saved_model.pb", BODY), ("variables/variables.index", b"x")))


@every_kind
def test_an_empty_archive_says_so(take, kind) -> None:
    with pytest.raises(UnclearMember, match="no model file"):
        take(kind, packed(kind))


@every_kind
@pytest.mark.parametrize(
    "name",
    [
        "../x.pt",
        "a/../../x.pt",
        "/x.pt",
        "/etc/x.pt",
        "a/./x.pt",
        "C:/x.pt",
        "a\\x.pt",
        "..\\x.pt",
        "a\x1b[31m/x.pt",
    ],
)
def test_a_name_that_leads_elsewhere_is_not_offered(take, kind, name) -> None:
    with pytest.raises(UnclearMember):
        take(kind, packed(kind, (name, BODY)))
    assert take(kind, packed(kind, (name, OTHER), ("good/x.pt", BODY))) == BODY


@every_kind
def test_two_members_of_one_path_are_refused_because_readers_differ_on_them(take, kind) -> None:
    warned = pytest.warns(UserWarning, match="Duplicate name") if kind == "zip" else nullcontext()
    with warned:
        archive = packed(kind, ("x.pt", BODY), ("x.pt", OTHER))
    refused(take, kind, archive, saying="more than once")


@every_kind
def test_a_folder_of_the_wanted_name_is_no_file(take, kind) -> None:
    archive = packed(kind, ("x.pt/", b"")) if kind == "zip" else special(kind, tarfile.DIRTYPE)
    with pytest.raises(UnclearMember):
        take(kind, archive)


@tars
@pytest.mark.parametrize("type_of", LINKS)
def test_links_and_devices_are_never_followed(take, kind, type_of) -> None:
    with pytest.raises(UnclearMember, match="only as a link"):
        take(kind, special(kind, LINKS[type_of]))


def test_a_link_in_a_zip_is_never_followed(take) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("x.pt")
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(UnclearMember, match="only as a link"):
        take("zip", file.getvalue())


@tars
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_way_of_writing_a_tar_is_read(take, kind, form) -> None:
    deep = "/".join(["folder"] * 15) + "/x.pt"
    assert take(kind, packed(kind, ("a.txt", b"1"), (deep, BODY), form=form)) == BODY


@tars
def test_names_longer_than_a_header_and_names_in_utf8_are_read(take, kind) -> None:
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        for path in ("d/" * 150 + "x.pt", "модели/x.pt"):
            assert take(kind, packed(kind, (path, BODY), form=form), "x.pt", path) == BODY


@every_kind
def test_a_name_that_is_no_utf8_is_left_out(take, kind) -> None:
    if kind == "zip":
        archive = packed(kind, ("\N{LATIN SMALL LETTER E WITH ACUTE}x.pt", BODY)).replace(
            b"\xc3\xa9x.pt", b"\xff\xffx.pt"
        )
        refused(take, kind, archive)
        return
    info = tarfile.TarInfo("\udcff\udcfex.pt")
    info.size = len(BODY)
    with pytest.raises(UnclearMember):
        take(kind, tar_of(kind, info, BODY, form=tarfile.GNU_FORMAT))


@every_kind
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.95])
def test_a_truncated_archive_is_refused(take, kind, share) -> None:
    archive = packed(kind, ("x.pt", os.urandom(300_000)))
    refused(take, kind, archive[: int(len(archive) * share)])


@every_kind
def test_one_flipped_bit_is_caught_by_the_checksum(take, kind) -> None:
    archive = bytearray(packed(kind, ("x.pt", BODY)))
    if kind == "tar":
        archive[20] ^= 1  # a plain tar has a checksum of its headers only
    else:
        archive[len(archive) // 3] ^= 1
    refused(take, kind, bytes(archive))


def test_a_gzip_with_a_wrong_checksum_at_its_very_end_is_refused(take) -> None:
    archive = bytearray(packed("tar.gz", ("x.pt", BODY)))
    archive[-6] ^= 1
    refused(take, "tar.gz", bytes(archive), saying="gzip")


def test_garbage_behind_a_gzip_is_refused(take) -> None:
    refused(take, "tar.gz", packed("tar.gz", ("x.pt", BODY)) + b"garbage", saying="gzip")


def test_a_tar_without_its_end_mark_is_refused(take) -> None:
    archive = packed("tar", ("x.pt", BODY)).rstrip(b"\0")
    refused(take, "tar", archive + bytes(-len(archive) % 512), saying="ends in the middle")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"", b"<html>", bytes(10_000), b"\xff" * 10_000, b"\x1f\x8b" * 50])
def test_what_is_no_archive_is_refused(take, kind, body) -> None:
    with pytest.raises((UnsafeFile, UnclearMember)):
        take(kind, body)


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member, "ALWAYS_ALLOWED", 2**20)


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_a_bomb_is_refused_before_it_is_unpacked(take, kind, small_limits) -> None:
    bomb = packed(kind, ("x.pt", bytes(2**25)))
    assert len(bomb) < 2**16
    refused(take, kind, bomb, saying="times its size")


def test_a_bomb_in_front_of_the_wanted_file_is_refused_too(take, small_limits) -> None:
    refused(
        take, "tar.gz", packed("tar.gz", ("a.txt", bytes(2**25)), ("x.pt", BODY)), saying="times its size"
    )


def test_a_bomb_behind_the_end_of_the_tar_is_refused_too(take, small_limits) -> None:
    plain = packed("tar", ("x.pt", b"x"))
    refused(take, "tar.gz", gzip.compress(plain + bytes(2**25)), saying="times its size")


@tars
def test_a_size_beyond_all_bounds_is_refused_without_being_read(take, kind) -> None:
    info = tarfile.TarInfo("x.pt")
    info.size = 2**60
    refused(take, kind, tar_of(kind, info, b""), saying="times its size")


@every_kind
def test_a_crowd_of_members_is_refused(take, kind, monkeypatch) -> None:
    monkeypatch.setattr(member, "MOST_MEMBERS", 20)
    crowd = [(f"{number}.txt", b"") for number in range(20)]
    assert take(kind, packed(kind, *crowd[:19], ("x.pt", BODY))) == BODY
    refused(take, kind, packed(kind, *crowd, ("x.pt", BODY)), saying="more than 20 members")


@tars
@pytest.mark.parametrize("typ", [b"L", b"K", b"x", b"g"])
def test_a_huge_description_of_a_member_is_refused_without_being_held(take, kind, typ) -> None:
    info = tarfile.TarInfo("long")
    info.size, info.type = 2**24, typ
    refused(take, kind, tar_of(kind, info, b"a" * 2**24), saying="description")


@tars
def test_endless_small_descriptions_are_refused(take, kind) -> None:
    info = tarfile.TarInfo("long")
    info.size, info.type = 512, b"L"
    one = info.tobuf(tarfile.USTAR_FORMAT) + b"a" * 512
    archive = one * 3000 + packed("tar", ("x.pt", BODY))
    refused(take, kind, gzip.compress(archive) if kind == "tar.gz" else archive, saying="description")


@tars
@pytest.mark.parametrize(
    "record",
    [
        b"0 path=x\n",
        b"-5 path=x\n",
        b"99 path=x\n",
        b"9 path=x",
        b"x path=x\n",
        b"12 size=-100\n",
        b"8 size=\n",
        b"  ",
    ],
)
def test_a_crafted_pax_record_ends_and_is_refused(take, kind, record) -> None:
    info = tarfile.TarInfo("pax")
    info.size, info.type = len(record), b"x"
    head = info.tobuf(tarfile.USTAR_FORMAT) + record.ljust(512, b"\0")
    archive = head + packed("tar", ("x.pt", BODY))
    refused(take, kind, gzip.compress(archive) if kind == "tar.gz" else archive)


@tars
def test_a_negative_size_is_refused(take, kind) -> None:
    head = bytearray(tarfile.TarInfo("x.pt").tobuf(tarfile.GNU_FORMAT))
    head[124:136] = b"\xff" * 12
    head[148:156] = b"        "
    head[148:156] = b"%06o\0 " % sum(head)
    archive = bytes(head) + bytes(1024)
    refused(take, kind, gzip.compress(archive) if kind == "tar.gz" else archive, saying="size")


@tars
def test_members_with_holes_are_refused(take, kind) -> None:
    info = tarfile.TarInfo("x.pt")
    info.type = tarfile.GNUTYPE_SPARSE
    refused(take, kind, tar_of(kind, info, b""), saying="holes")


def test_an_encrypted_zip_is_refused_with_what_to_do(take) -> None:
    archive = bytearray(packed("zip", ("x.pt", BODY)))
    archive[6] |= 1
    archive[archive.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnsafeFile, match="encrypted") as caught:
        take("zip", bytes(archive))
    assert "password" in caught.value.hint


def test_a_method_that_is_not_supported_is_named_as_the_reason(take) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.pt", BODY)
    refused(take, "zip", file.getvalue(), saying="method")


def test_a_zip_of_the_64_bit_form_is_read(take, monkeypatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    archive = packed("zip", ("x.pt", BODY))
    assert b"PK\x06\x06" in archive
    monkeypatch.undo()
    assert take("zip", archive) == BODY


def test_a_table_of_contents_beyond_all_bounds_is_not_read_into_memory(take, monkeypatch) -> None:
    monkeypatch.setattr(zip_module, "LARGEST_DIRECTORY", 2**10)
    refused(
        take,
        "zip",
        packed("zip", *((f"{number}.pt", b"") for number in range(100))),
        saying="table of contents",
    )


def test_headers_of_a_zip_that_contradict_each_other_are_refused(take) -> None:
    archive = packed("zip", ("x.pt", BODY))
    refused(take, "zip", archive.replace(b"x.pt", b"y.pt", 1))


def test_a_zip_member_that_is_shorter_than_declared_is_refused(take) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.pt", BODY)
    body = bytearray(file.getvalue())
    at = body.rindex(b"PK\x01\x02")
    body[at + 24 : at + 28] = struct.pack("<L", len(BODY) + 1)
    refused(take, "zip", bytes(body))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("x.tar.gz", "tar.gz"),
        ("X.TGZ", "tar.gz"),
        ("x.zip", "zip"),
        ("x.pt.zip", "zip"),
        ("x.tar", "tar"),
        ("model.pth.tar", None),
        ("x.pth", None),
        ("x.gz", None),
        ("zip", None),
    ],
)
def test_a_name_tells_an_archive_and_old_models_that_only_look_like_one(name, kind) -> None:
    assert archive_kind(name) == kind


@pytest.mark.parametrize(
    ("reference", "archive", "path"),
    [
        ("https://h.example/a.tar.gz#b/x.pt", "https://h.example/a.tar.gz", "b/x.pt"),
        ("https://h.example/a.zip#b%20c/x.pt", "https://h.example/a.zip", "b c/x.pt"),
        ("https://h.example/file/1#x.pt", "https://h.example/file/1", "x.pt"),
        ("hf:o/r/a.zip@main#x.pt", "hf:o/r/a.zip@main", "x.pt"),
        ("hf:o/r/a#b.safetensors", "hf:o/r/a#b.safetensors", ""),
        ("https://mega.nz/file/AbCd1234#k3y-_K3Y", "https://mega.nz/file/AbCd1234#k3y-_K3Y", ""),
        ("hf:o/r/x.pt", "hf:o/r/x.pt", ""),
    ],
)
def test_a_reference_names_the_archive_and_the_file_in_it(reference, archive, path) -> None:
    assert split_member(reference) == (archive, path)


@pytest.mark.parametrize("archive", ["https://h.example/a.zip", "hf:o/r/a.zip@main"])
@pytest.mark.parametrize("path", ["x.pt", "a b/#1 50%.pt", "a%20b/x.pt"])
def test_an_id_leads_back_to_the_archive_and_the_file(archive, path) -> None:
    assert split_member(member_id(archive, path)) == (archive, path)


def candidate(name: str, **facts: Any) -> Candidate:
    return Candidate("x", "x:1", "https://h.example/1", name, Evidence.DECLARED_URL, **facts)


def test_what_a_place_says_of_an_archive_is_not_said_of_the_file_in_it() -> None:
    digest = Digest("sha256", "a" * 64)
    found = in_archive(candidate("a.tar.gz", size=7, digest=digest), "b/x.pt", "wanted.pt")
    assert found
    assert (found.id, found.name, found.size, found.digest) == ("x:1#b/x.pt", "x.pt", None, None)
    assert found.archive == Archive("x:1", "tar.gz", "b/x.pt", 7, digest)
    assert found.fetch_size == 7


@pytest.mark.parametrize(
    ("name", "wanted", "called"),
    [("x.pt.zip", "y.pt", "x.pt"), ("a.zip", "s/y.pt", "y.pt"), ("a.zip", "y", "a.zip")],
)
def test_the_file_is_called_what_is_known_of_it(name, wanted, called) -> None:
    found = in_archive(candidate(name), "", wanted)
    assert found
    assert (found.id, found.name) == ("x:1", called)


def test_a_file_is_itself_and_has_no_other_in_it() -> None:
    file = candidate("x.pt")
    assert in_archive(file, "", "y.pt") == in_archive(file, "a/x.pt", "y.pt") == file
    assert in_archive(file, "y.pt", "y.pt") is None


def special(kind: str, type_of: bytes) -> bytes:
    info = tarfile.TarInfo("x.pt")
    info.type, info.linkname = type_of, "/etc/passwd"
    return tar_of(kind, info, b"")


def tar_of(kind: str, info: tarfile.TarInfo, body: bytes, form: int = tarfile.GNU_FORMAT) -> bytes:
    """Return a tar file with one header as it stands, and an end mark."""
    whole = info.tobuf(form, "utf-8", "surrogateescape") + body + bytes(-len(body) % 512) + bytes(1024)
    return gzip.compress(whole) if kind == "tar.gz" else whole
