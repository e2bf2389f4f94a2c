"""What the official templates declare."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelget.catalog import listed
from modelget.catalog.places import package_folders
from modelget.catalog.templates import read_templates
from modelget.types import Digest, Evidence

URL = "https://huggingface.co/o/r/resolve/main/vae/a.safetensors"


def model(name: object = "a.safetensors", url: object = URL, directory: object = "vae", **more: object):
    return {"name": name, "url": url, "directory": directory, **more}


def graph(*models: object, **more: object) -> dict[str, object]:
    return {"nodes": [{"id": 1, "properties": {"models": list(models)}}], **more}


def read(packages: Path):
    return read_templates([packages])


def test_a_declared_model_is_listed_with_its_folder_link_and_digest_and_the_template(
    packages, save_template
) -> None:
    save_template("image_x", graph(model(hash="A" * 64, hash_type="SHA256")))
    (found,) = read(packages)
    assert (found.name, found.folder, found.url) == ("a.safetensors", "vae", URL)
    assert found.digest == Digest("sha256", "a" * 64)
    assert found.named_by == "the official template image_x"
    assert found.trust is Evidence.TRUSTED_NAME


def test_models_inside_subgraphs_count(packages, save_template) -> None:
    inner = graph(model(), definitions={"subgraphs": [graph(model("b.safetensors"))]})
    save_template("x", {"nodes": [], "definitions": {"subgraphs": [inner]}})
    assert {one.name for one in read(packages)} == {"a.safetensors", "b.safetensors"}


def test_old_folder_names_become_those_of_today(packages, save_template) -> None:
    save_template("x", graph(model(directory="unet"), model("c.safetensors", directory="clip")))
    assert {one.folder for one in read(packages)} == {"diffusion_models", "text_encoders"}


def test_one_link_in_many_templates_is_one_line_and_a_mere_download_mark_is_no_other_link(
    packages, save_template
) -> None:
    save_template("x", graph(model()))
    save_template("y", graph(model(url=f"{URL}?download=true")))
    (found,) = read(packages)
    assert (found.url, found.named_by) == (URL, "the official template x")


def test_a_digest_that_any_template_pins_holds_for_all(packages, save_template) -> None:
    save_template("x", graph(model()))
    save_template("y", graph(model(hash="a" * 64, hash_type="SHA256")))
    (found,) = read(packages)
    assert found.digest == Digest("sha256", "a" * 64)


def test_two_links_for_one_name_are_two_lines(packages, save_template) -> None:
    save_template("x", graph(model(), model(url=URL.replace("/o/", "/p/"))))
    assert len(read(packages)) == 2


@pytest.mark.parametrize("package", ["comfyui_workflow_templates", "comfyui_workflow_templates_media_video"])
def test_older_packages_are_read_too(packages, save_template, package) -> None:
    save_template("x", graph(model()), package)
    assert len(read(packages)) == 1


def test_only_the_first_environment_that_has_templates_counts(packages, save_template, tmp_path) -> None:
    save_template("x", graph(model()))
    other = tmp_path / "other" / "comfyui_workflow_templates_json" / "templates"
    other.mkdir(parents=True)
    (other / "y.json").write_text(json.dumps(graph(model("old.safetensors"))))
    assert [one.name for one in read_templates([tmp_path, packages, tmp_path / "other"])] == ["a.safetensors"]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[1]",
        b"[" * 100_000,
        b'{"nodes": 5, "definitions": "x"}',
        b'{"definitions": {"subgraphs": [' * 5_000 + b"]}}" * 5_000,
        json.dumps(graph(None, 5, "x", [], {}, {"name": 7}, {"name": ["a"]})).encode(),
        json.dumps(graph(model(url=None), model(url=5), model(url="javascript"), model(url="a b"))).encode(),
        json.dumps(graph(model(url="https://x/" + "a" * 5000), model(url="https://x/\ny"))).encode(),
        json.dumps(graph(model("../a.safetensors" * 100), model("/etc/passwd"), model("\ud800.pt"))).encode(),
    ],
)
def test_a_broken_file_is_passed_over_and_the_others_still_count(packages, save_template, broken) -> None:
    save_template("a_broken", broken)
    save_template("good", graph(model()))
    assert [one.name for one in read(packages)] == ["a.safetensors"]


def test_a_file_beyond_any_sense_is_not_read(packages, save_template, monkeypatch) -> None:
    monkeypatch.setattr(listed, "LARGEST_LIST", 10)
    save_template("x", graph(model()))
    assert read(packages) == []


def test_no_package_is_no_list(packages) -> None:
    assert read(packages) == []


def test_the_installed_templates_are_found_through_the_running_python() -> None:
    found = read_templates(package_folders(None))
    assert len({one.name for one in found}) == 353
    assert all(one.folder for one in found)
