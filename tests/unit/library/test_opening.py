from __future__ import annotations

import builtins
from pathlib import Path
from textwrap import dedent

import pytest

from modelget.errors import InvalidSetting
from modelget.library import open_library

# What ComfyUI ships as an example, with the comment signs taken away.
EXAMPLE = """\
comfyui:
     base_path: path/to/comfyui/
     # You can use is_default to mark that these folders should be listed first, and used as the default dirs
     #is_default: true
     checkpoints: models/checkpoints/
     configs: models/configs/
     text_encoders: |
          models/text_encoders/
          models/clip/
     diffusion_models: |
          models/unet/
          models/diffusion_models/
     custom_nodes: custom_nodes/
     datasets: datasets/
     detection: models/detection/
a1111:
     base_path: path/to/stable-diffusion-webui/
     checkpoints: models/Stable-diffusion
     configs: models/Stable-diffusion
     loras: |
          models/Lora
          models/LyCORIS
     upscale_models: |
                   models/ESRGAN
                   models/RealESRGAN
                   models/SwinIR
     controlnet: models/ControlNet
other_ui:
    base_path: path/to/ui
    checkpoints: models/checkpoints
    gligen: models/gligen
    custom_nodes: path/custom_nodes
"""


def opened(comfyui: Path, yaml: str):
    (comfyui / "extra_model_paths.yaml").write_text(dedent(yaml), encoding="utf-8")
    return open_library(comfyui=comfyui)


def test_the_defaults_are_those_of_comfyui(library, comfyui, models):
    assert library.folders["gligen"] == (models / "gligen",)
    assert library.folders["diffusion_models"] == (
        models / "unet",
        models / "diffusion_models",
        comfyui / "output" / "diffusion_models",
    )
    assert library.folders["text_encoders"] == (
        models / "text_encoders",
        models / "clip",
        comfyui / "output" / "clip",
    )
    assert len(library.folders) == 24
    assert not {"custom_nodes", "configs", "datasets", "unet", "clip"} & set(library.folders)


def test_the_official_example_adds_its_places_behind_comfyuis_own(comfyui, models):
    library = opened(comfyui, EXAMPLE)
    base = comfyui / "path" / "to"
    assert library.folders["checkpoints"] == (
        models / "checkpoints",
        base / "comfyui" / "models" / "checkpoints",
        base / "stable-diffusion-webui" / "models" / "Stable-diffusion",
        base / "ui" / "models" / "checkpoints",
        comfyui / "output" / "checkpoints",
    )
    webui = base / "stable-diffusion-webui" / "models"
    assert library.folders["upscale_models"][1:] == (webui / "ESRGAN", webui / "RealESRGAN", webui / "SwinIR")
    assert library.folders["diffusion_models"][2:4] == (
        base / "comfyui" / "models" / "unet",
        base / "comfyui" / "models" / "diffusion_models",
    )
    assert not {"custom_nodes", "configs", "datasets"} & set(library.folders)


def test_a_default_section_comes_first_and_its_last_line_is_the_default(comfyui, tmp_path):
    library = opened(
        comfyui, f"a:\n  base_path: {tmp_path}/d\n  is_default: true\n  loras: |\n    one\n    two\n"
    )
    assert library.folders["loras"][:2] == (tmp_path / "d" / "two", tmp_path / "d" / "one")
    assert library.places().destination("loras", "x.pt").parent == tmp_path / "d" / "two"


def test_old_names_in_the_file_mean_todays_folders(comfyui, tmp_path):
    library = opened(comfyui, f"a:\n  base_path: {tmp_path}\n  unet: U\n  clip: C\n")
    assert tmp_path / "U" in library.folders["diffusion_models"]
    assert tmp_path / "C" in library.folders["text_encoders"]


def test_a_place_that_is_listed_already_is_not_listed_twice(comfyui, models):
    library = opened(comfyui, "a:\n  vae: models/vae/\n")
    assert library.folders["vae"] == (models / "vae", comfyui / "output" / "vae")


def test_a_default_that_is_listed_already_moves_to_the_front(comfyui, models):
    library = opened(comfyui, "a:\n  is_default: true\n  diffusion_models: models/diffusion_models\n")
    assert library.folders["diffusion_models"][:2] == (models / "diffusion_models", models / "unet")
    assert library.folders["diffusion_models"].count(models / "diffusion_models") == 1


def test_a_new_folder_name_becomes_a_folder(comfyui, tmp_path):
    library = opened(comfyui, f"a:\n  base_path: {tmp_path}\n  ipadapter: ip\n")
    assert library.places().destination("ipadapter", "x.pt") == tmp_path / "ip" / "x.pt"


def test_home_and_variables_are_expanded_in_the_base_path_only(comfyui, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("DISK", "big")
    library = opened(
        comfyui, "a:\n  base_path: ~/$DISK\n  loras: $DISK\nb:\n  base_path: ${DISK}\n  vae: '~'\n"
    )
    assert library.folders["loras"][1] == tmp_path / "big" / "$DISK"
    assert library.folders["vae"][1] == comfyui / "big" / "~"


def test_without_a_base_path_places_are_beside_the_file_or_absolute(comfyui, tmp_path):
    library = opened(comfyui, f"a:\n  loras: ../shared\n  vae: {tmp_path}/abs/./x/..\n")
    assert library.folders["loras"][1] == comfyui.parent / "shared"
    assert library.folders["vae"][1] == tmp_path / "abs"


@pytest.mark.parametrize("yaml", ["", "# only a comment\n", "a:\nb:\n", "a: {}\n", "a:\n  is_default:\n"])
def test_an_empty_file_or_section_adds_nothing(comfyui, library, yaml):
    assert opened(comfyui, yaml).folders == library.folders


@pytest.mark.parametrize(
    ("yaml", "key"),
    [
        ("- a\n", "list"),
        ("text\n", "str"),
        ("a: text\n", ": a:"),
        ("a: [1]\n", ": a:"),
        ("a:\n  vae: 7\n", "a.vae"),
        ("a:\n  vae:\n", "a.vae"),
        ("a:\n  vae: [x, y]\n", "a.vae"),
        ("a:\n  7: x\n", "a.7"),
        ("a:\n  base_path:\n  vae: x\n", "a.base_path"),
        ("a:\n  base_path: [x]\n", "a.base_path"),
        ("a:\n  is_default: 'false'\n", "a.is_default"),
        ('a:\n  vae: "x\\0y"\n', "a.vae"),
        ("a: [\n", "extra_model_paths.yaml"),
        ("a:\n  vae: !!python/object/apply:os.getcwd []\n", "extra_model_paths.yaml"),
        ("[" * 2_000, "extra_model_paths.yaml"),
    ],
    ids=lambda text: text[:20],
)
def test_a_wrong_type_is_reported_with_the_file_and_the_key(comfyui, yaml, key):
    with pytest.raises(InvalidSetting) as caught:
        opened(comfyui, yaml)
    assert str(comfyui / "extra_model_paths.yaml") in str(caught.value)
    assert key in str(caught.value)
    assert caught.value.hint


def test_a_file_that_is_not_utf8_is_reported(comfyui):
    (comfyui / "extra_model_paths.yaml").write_bytes(b"a:\n  vae: \xff\n")
    with pytest.raises(InvalidSetting, match="extra_model_paths"):
        open_library(comfyui=comfyui)


def test_pyyaml_is_needed_only_when_there_is_a_file_to_read(comfyui, monkeypatch):
    real = builtins.__import__

    def without_yaml(name, *rest, **named):
        if name == "yaml":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without_yaml)
    assert open_library(comfyui=comfyui)
    with pytest.raises(InvalidSetting, match="PyYAML"):
        opened(comfyui, "a:\n  vae: x\n")


def test_a_bare_models_folder_has_its_own_layout_only(tmp_path):
    library = open_library(models_dir=tmp_path)
    assert library.folders["vae"] == (tmp_path / "vae",)
    assert library.places().destination("clip", "x.pt") == tmp_path / "text_encoders" / "x.pt"


def test_a_relative_models_folder_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m").mkdir()
    assert open_library(models_dir=Path("m/../m")).folders["vae"] == (tmp_path / "m" / "vae",)


def test_both_mean_comfyui_with_its_models_elsewhere(comfyui, tmp_path):
    (tmp_path / "m").mkdir()
    library = open_library(comfyui=comfyui, models_dir=tmp_path / "m")
    assert library.folders["vae"] == (tmp_path / "m" / "vae", comfyui / "output" / "vae")


def test_comfyuis_folder_is_named_by_its_real_path_as_comfyui_does(comfyui, tmp_path):
    (tmp_path / "link").symlink_to(comfyui)
    assert open_library(comfyui=tmp_path / "link").folders["vae"][0] == comfyui / "models" / "vae"


@pytest.mark.parametrize("made", ["main.py", "folder_paths.py", "models/"])
def test_any_sign_of_comfyui_is_enough(tmp_path, made):
    path = tmp_path / made
    path.mkdir() if made.endswith("/") else path.touch()
    assert open_library(comfyui=tmp_path)


def test_a_folder_that_is_not_comfyui_is_refused_with_advice(tmp_path):
    with pytest.raises(InvalidSetting) as caught:
        open_library(comfyui=tmp_path)
    assert "main.py" in str(caught.value)
    assert "--models-dir" in caught.value.hint


def test_the_folder_around_a_portable_comfyui_gets_the_right_advice(tmp_path):
    (tmp_path / "ComfyUI").mkdir()
    (tmp_path / "ComfyUI" / "main.py").touch()
    with pytest.raises(InvalidSetting) as caught:
        open_library(comfyui=tmp_path)
    assert str(tmp_path / "ComfyUI") in caught.value.hint


@pytest.mark.parametrize("option", ["comfyui", "models_dir"])
def test_a_folder_that_does_not_exist_is_refused_and_not_created(tmp_path, option):
    with pytest.raises(InvalidSetting, match="does not exist"):
        open_library(**{option: tmp_path / "typo"})
    assert not (tmp_path / "typo").exists()


def test_naming_nothing_is_refused_with_the_two_options():
    with pytest.raises(InvalidSetting) as caught:
        open_library()
    assert "--comfyui" in caught.value.hint


def test_a_tilde_that_the_shell_left_is_expanded(comfyui, monkeypatch):
    monkeypatch.setenv("HOME", str(comfyui.parent))
    monkeypatch.setenv("USERPROFILE", str(comfyui.parent))
    assert open_library(comfyui=Path("~/ComfyUI")).folders["vae"][0] == comfyui / "models" / "vae"
