"""Bad input gets one clear line that names the file and says what to do, and exit code 2."""

from __future__ import annotations

import pytest
from makers import hub_link, loader, save_workflow

BAD = {
    "nothing": b"",
    "no json": b"PK\x03\x04 not a workflow",
    "truncated": b'{"nodes": [{"id": 1, "type": "VAELoader"',
    "a list": b"[1, 2, 3]",
    "settings": b'{"Comfy.ColorPalette": "dark"}',
    "text": b'"hello"',
    "deep": b'{"nodes":' + b"[" * 100_000,
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", ["plan", "install"])
def test_what_is_no_workflow_is_named_on_one_line_with_a_hint(
    modelget, models, tmp_path, command, case
) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(BAD[case])
    ran = modelget(command, path)
    first, second = ran.err.splitlines()
    assert ran.code == 2
    assert "broken.json" in first
    assert len(second.strip()) > 10
    assert ran.out == ""
    assert not list(models.iterdir())


def test_an_empty_graph_needs_nothing(modelget, tmp_path) -> None:
    ran = modelget("install", save_workflow(tmp_path / "empty.json"))
    assert ran.code == 0
    assert "0 models" in ran.out


def test_nan_in_a_graph_is_no_reason_to_refuse_it(modelget, tmp_path) -> None:
    node = loader(1, "ae.safetensors", "vae", hub_link("o/r", "ae.safetensors"))
    node["pos"] = [float("nan"), float("inf")]
    ran = modelget("plan", save_workflow(tmp_path / "x.json", node), "--json")
    assert ran.code == 0
    assert len(ran.document["requirements"]) == 1


def test_nineteen_megabytes_of_graph_are_read(modelget, tmp_path) -> None:
    node = loader(1, "ae.safetensors", "vae", hub_link("o/r", "ae.safetensors"))
    node["properties"]["note"] = "x" * 19_000_000
    assert modelget("plan", save_workflow(tmp_path / "x.json", node)).code == 0


def test_an_unknown_node_does_not_stop_the_plan_and_its_folder_is_asked_for(modelget, tmp_path) -> None:
    known = loader(1, "ae.safetensors", "vae", hub_link("o/r", "ae.safetensors"))
    unknown = loader(2, "thing.safetensors", "vae") | {"type": "SomebodysLoader"}
    workflow = save_workflow(tmp_path / "x.json", known, unknown)
    ran = modelget("plan", workflow, "--choose", "thing.safetensors=hf:o/r/loras/thing.safetensors")
    assert ran.code == 3
    assert "--folder thing.safetensors=loras" in ran.out
    settled = modelget(
        "plan",
        workflow,
        *(
            "--choose",
            "thing.safetensors=hf:o/r/loras/thing.safetensors",
            "--folder",
            "thing.safetensors=loras",
        ),
    )
    assert settled.code == 0


def test_one_unreadable_file_among_others_is_told_and_the_others_are_planned(modelget, tmp_path) -> None:
    good = save_workflow(
        tmp_path / "good.json", loader(1, "a.safetensors", "vae", hub_link("o/r", "a.safetensors"))
    )
    ran = modelget("plan", good, tmp_path / "absent.json")
    assert ran.code == 2
    assert "good.json" in ran.out
    assert "absent.json" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["plan"], "WORKFLOW"),
        (["fetch"], "invalid choice"),
        (["plan", "x.json", "--choose", "nonsense"], "NAME=VALUE"),
        (["get", "hf:o/r/x.safetensors", "--comfyui", "a", "--models-dir", "b"], "not allowed with"),
    ],
)
def test_wrong_usage_exits_2_and_says_why(capsys, words, told) -> None:
    from modelget.cli import main

    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODELGET_ALLOW_HOSTS", "not a host"),
        ("HF_ENDPOINT", "ftp://hub"),
        ("MODELGET_AUTOFETCH", "maybe"),
        ("MODELGET_CONFIG", "/nowhere/modelget.toml"),
    ],
)
def test_a_bad_setting_names_its_variable(modelget, tmp_path, name, value) -> None:
    modelget.environ[name] = value
    ran = modelget("plan", save_workflow(tmp_path / "x.json"))
    assert ran.code == 2
    assert name in ran.err


def test_a_folder_that_is_not_there_is_said(tmp_path, capsys) -> None:
    from modelget.cli import main

    workflow = save_workflow(tmp_path / "x.json")
    assert main(["plan", str(workflow), "--comfyui", str(tmp_path / "nowhere")], {}) == 2
    assert "nowhere" in capsys.readouterr().err
