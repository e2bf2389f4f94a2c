from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from modelget.library import Library, open_library, staging
from modelget.library import library as library_module


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch):
    """Pretend that these folders are the roots of disks of their own."""

    def mount(*points: Path) -> None:
        def device_of(path: Path) -> int:
            real = path.resolve()
            return max((len(str(point)) for point in points if real.is_relative_to(point)), default=0)

        monkeypatch.setattr(staging, "device_of", device_of)

    return mount


def test_unfinished_files_wait_beside_the_model_folders(library, models):
    assert library.places().staging(library.places().destination("vae", "sub/x.pt")) == models / ".modelget"


def test_a_root_elsewhere_on_the_same_disk_shares_the_place(comfyui, models, tmp_path):
    (comfyui / "extra_model_paths.yaml").write_text(
        f"a:\n  base_path: {tmp_path}/d\n  vae: vae\n  is_default: true\n"
    )
    library = open_library(comfyui=comfyui)
    assert library.places().staging(library.places().destination("vae", "x.pt")) == models / ".modelget"


def test_a_root_on_another_disk_has_a_place_beside_it(comfyui, tmp_path, mounted):
    disk = tmp_path / "disk"
    (disk / "sd" / "vae").mkdir(parents=True)
    (comfyui / "extra_model_paths.yaml").write_text(
        f"a:\n  base_path: {disk}/sd\n  vae: vae\n  is_default: true\n"
    )
    mounted(disk)
    library = open_library(comfyui=comfyui)
    assert library.places().staging(library.places().destination("vae", "x.pt")) == disk / "sd" / ".modelget"


def test_a_linked_root_on_another_disk_has_a_place_beside_its_target(library, models, tmp_path, mounted):
    disk = tmp_path / "disk"
    (disk / "loras").mkdir(parents=True)
    (models / "loras").rmdir()
    (models / "loras").symlink_to(disk / "loras")
    mounted(disk)
    assert library.places().staging(library.places().destination("loras", "x.pt")) == disk / ".modelget"


def test_a_linked_pack_folder_has_a_place_beside_its_target(library, models, tmp_path, mounted):
    disk = tmp_path / "disk"
    (disk / "ip").mkdir(parents=True)
    (models / "ipadapter").symlink_to(disk / "ip")
    mounted(disk)
    assert library.places().staging(library.places().destination("ipadapter", "x.pt")) == disk / ".modelget"


def test_a_disk_mounted_at_the_model_folder_leaves_only_the_folder_itself(library, models, mounted):
    mounted(models / "loras")
    assert (
        library.places().staging(library.places().destination("loras", "sub/x.pt"))
        == models / "loras" / ".modelget"
    )


def test_a_disk_mounted_below_the_model_folder_leaves_only_that_folder(library, models, mounted):
    mounted(models / "loras" / "sub")
    assert (
        library.places().staging(library.places().destination("loras", "sub/x.pt"))
        == models / "loras" / "sub" / ".modelget"
    )


def test_a_place_that_comfyui_lists_is_passed_over(comfyui):
    (comfyui / "extra_model_paths.yaml").write_text("a:\n  loras: models\n")
    library = open_library(comfyui=comfyui)
    assert library.places().staging(library.places().destination("vae", "x.pt")) == comfyui / ".modelget"


def test_a_place_that_cannot_be_written_is_passed_over(library, models, monkeypatch):
    monkeypatch.setattr(staging, "is_writable", lambda place: not place.is_relative_to(models / ".modelget"))
    assert (
        library.places().staging(library.places().destination("vae", "x.pt")) == models / "vae" / ".modelget"
    )


def test_a_link_in_the_places_stead_is_passed_over(library, models, tmp_path):
    (models / ".modelget").symlink_to(tmp_path)
    assert (
        library.places().staging(library.places().destination("vae", "x.pt")) == models / "vae" / ".modelget"
    )


def test_free_space_is_that_of_the_disk_that_would_hold_the_file(library, monkeypatch):
    asked: list[Path] = []

    def usage(place: Path) -> SimpleNamespace:
        asked.append(place)
        return SimpleNamespace(free=123)

    monkeypatch.setattr(library_module.shutil, "disk_usage", usage)
    destination = library.places().destination("vae", "not/yet/x.pt")
    assert library.free_bytes(destination) == 123
    assert asked == [destination.parents[2]]


def test_a_drive_that_is_gone_has_no_free_space(tmp_path, monkeypatch):
    def gone(place: Path) -> None:
        raise FileNotFoundError(place)

    monkeypatch.setattr(library_module.shutil, "disk_usage", gone)
    assert Library({}, tmp_path).free_bytes(tmp_path / "x.pt") == 0
