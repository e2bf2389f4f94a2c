"""``get``, ``verify``, ``load``, ``sources``, ``demo`` and the shape of the program itself."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest
from makers import hub_link, loader, save_workflow

from modelget.hub import CivitaiFile, CivitaiVersion, HubRules
from modelget.settings import Settings
from modelget.sources import all_sources


def test_get_brings_one_file_to_the_folder_that_its_place_suggests(modelget, hub, models) -> None:
    ran = modelget("get", "hf:o/r/split_files/vae/ae.safetensors", "--yes")
    file = models / "vae" / "ae.safetensors"
    assert ran.code == 0
    assert (
        hashlib.sha256(file.read_bytes()).hexdigest()
        == hub.content("o/r/split_files/vae/ae.safetensors").sha256
    )


@pytest.mark.parametrize(
    "reference", ["civitai:4711", "urn:air:sdxl:lora:civitai:471@4711", "https://civitai.com/models/471"]
)
def test_get_understands_every_way_to_name_a_civitai_file(modelget, models, reference) -> None:
    assert modelget("get", "civitai:4710").code == 0  # the newest version the hub knows of model 471
    assert modelget("get", reference, "--name", "mine.safetensors").code == 0
    assert (models / "loras" / "mine.safetensors").is_file()


def test_get_asks_for_the_folder_when_nothing_tells(modelget, models) -> None:
    ran = modelget("get", "hf:o/r/thing.safetensors")
    assert ran.code == 3
    assert "--folder" in ran.out
    assert modelget("get", "hf:o/r/thing.safetensors", "--folder", "loras").code == 0
    assert (models / "loras" / "thing.safetensors").is_file()


def test_get_refuses_other_bytes_than_the_digest_given(modelget, models) -> None:
    ran = modelget("get", "hf:o/r/vae/x.safetensors", "--sha256", "0" * 64)
    assert ran.code == 3
    assert not (models / "vae").exists()


@pytest.mark.parametrize(
    "reference", ["nonsense", "hf:o/r", "ftp://x/y", "https://huggingface.co/o/r/tree/main"]
)
def test_get_says_which_ids_there_are(modelget, reference) -> None:
    ran = modelget("get", reference)
    assert ran.code == 2
    assert "hf:owner/repo[/path]" in ran.err


def test_get_from_a_host_that_is_not_listed_is_denied_and_contacts_nobody(modelget, hub) -> None:
    ran = modelget("get", "https://models.example.com/x.safetensors", "--folder", "vae")
    assert ran.code == 3
    assert "MODELGET_ALLOW_HOSTS" in ran.out
    assert not hub.requests


def test_verify_tells_right_from_wrong_and_from_absent(modelget, models, tmp_path) -> None:
    nodes = [
        loader(number, name, "vae", hub_link("o/r", name))
        for number, name in enumerate(("a.safetensors", "b.safetensors", "c.safetensors"))
    ]
    modelget("install", save_workflow(tmp_path / "two.json", *nodes[:2]))
    changed = models / "vae" / "b.safetensors"
    data = bytearray(changed.read_bytes())
    data[-1] ^= 1
    changed.write_bytes(data)
    ran = modelget("verify", save_workflow(tmp_path / "three.json", *nodes), "--json")
    assert ran.code == 1
    assert [(file["verdict"], file["basis"]) for file in ran.document["files"]] == [
        ("right", "recorded"),
        ("wrong", "recorded"),
    ]
    assert [model["name"] for model in ran.document["absent"]] == ["c.safetensors"]


def test_verify_compares_a_file_that_was_copied_here_with_what_the_hub_publishes(
    modelget, hub, models, tmp_path
) -> None:
    file = models / "vae" / "a.safetensors"
    file.parent.mkdir()
    file.write_bytes(hub.content("o/r/a.safetensors").read())
    node = loader(1, "a.safetensors", "vae", hub_link("o/r", "a.safetensors"))
    ran = modelget("verify", save_workflow(tmp_path / "x.json", node), "--json")
    assert (ran.code, ran.document["files"][0]["basis"]) == (0, "published")


def test_verify_of_a_file_that_nobody_knows_says_so(modelget, hub, tmp_path) -> None:
    file = tmp_path / "mine.safetensors"
    file.write_bytes(hub.content("x/y/mine.safetensors").read())
    ran = modelget("verify", file)
    assert ran.code == 0
    assert "unproven" in ran.out
    assert hub.content("x/y/mine.safetensors").sha256 in ran.out


def test_load_reads_every_tensor_onto_the_cpu(modelget, hub, tmp_path) -> None:
    file = tmp_path / "m.safetensors"
    file.write_bytes(hub.content("o/r/m.safetensors").read())
    ran = modelget("load", file, "--device", "cpu", "--json")
    assert ran.code == 0
    assert ran.document["device"] == "cpu"
    assert 0 < ran.document["bytes"] < file.stat().st_size
    assert ran.document["tensors"] > 1
    assert ran.document["bytes_per_second"] > 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.ckpt", b"\x80\x02", "--allow-pickle"),
        ("x.safetensors", b"\x80\x02pickle pretending", "pickle"),
        ("x.safetensors", b"\x10\0\0\0\0\0\0\0{}", "header"),
    ],
)
def test_load_refuses_what_is_not_safetensors(modelget, tmp_path, name, content, told) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    ran = modelget("load", file)
    assert ran.code == 1
    assert told in ran.err


def test_load_with_a_sha256_refuses_other_bytes(modelget, hub, tmp_path) -> None:
    file = tmp_path / "m.safetensors"
    file.write_bytes(hub.content("o/r/m.safetensors").read())
    right = hashlib.sha256(file.read_bytes()).hexdigest()
    assert modelget("load", file, "--device", "cpu", "--sha256", right).code == 0
    ran = modelget("load", file, "--device", "cpu", "--sha256", "0" * 64)
    assert ran.code == 1
    assert f"m.safetensors: expected sha256:{'0' * 64}, got sha256:{right}" in ran.err
    assert modelget("load", file, "--sha256", "short").code == 2
    assert modelget("load", tmp_path / "absent.safetensors", "--sha256", right).code == 1


def test_load_of_a_missing_file_and_on_an_unknown_device_say_what_is_wrong(modelget, hub, tmp_path) -> None:
    assert modelget("load", tmp_path / "absent.safetensors").code == 1
    file = tmp_path / "m.safetensors"
    file.write_bytes(hub.content("o/r/m.safetensors").read())
    ran = modelget("load", file, "--device", "toaster")
    assert ran.code == 1
    assert "--device cpu" in ran.err


def test_sources_shows_that_credentials_exist_and_never_what_they_are(modelget) -> None:
    modelget.environ |= {"HF_TOKEN": "hf_canary_value", "CIVITAI_API_KEY": "civ_canary_value"}
    text, document = modelget("sources"), modelget("sources", "--json")
    assert text.code == document.code == 0
    listed = {row["name"] for row in document.document["sources"]}
    assert listed == {source.name for source in all_sources(Settings())}
    assert {"huggingface", "civitai", "direct_url"} < listed
    credentials = {row["name"]: row["credential"] for row in document.document["sources"]}
    assert (credentials["huggingface"], credentials["civitai"], credentials["direct_url"]) == (
        "found",
        "found",
        None,
    )
    assert "canary" not in text.out + text.err + document.out


def test_sources_says_who_cannot_be_reached(modelget) -> None:
    modelget.environ["MODELGET_CIVITAI_ENDPOINT"] = "http://127.0.0.1:9"
    rows = {row["name"]: row["reachable"] for row in modelget("sources", "--json").document["sources"]}
    assert rows["huggingface"] == "yes"
    assert rows["civitai"].startswith("no")


def test_the_demo_tells_the_whole_story_and_its_second_run_fetches_nothing(tmp_path, capfd) -> None:
    from modelget.cli import main

    assert main(["demo", "--keep", str(tmp_path)]) == 0
    out = capfd.readouterr().out
    assert "3 files placed and verified" in out
    assert "The second run fetched 0 bytes." in out
    assert main(["demo", "--keep", str(tmp_path)]) == 0
    assert "The hub sent 0 bytes" in capfd.readouterr().out


def test_help_answers_without_importing_anything_heavy() -> None:
    code = (
        "import sys, modelget.cli\n"
        "try: modelget.cli.main(['--help'])\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "heavy = {'torch', 'huggingface_hub', 'requests', 'safetensors', 'yaml', 'tqdm'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "install" in ran.stdout
    assert "Exit codes" in ran.stdout


@pytest.mark.parametrize(
    "rules",
    [
        HubRules(
            civitai=(
                CivitaiVersion(
                    9,
                    files=(
                        CivitaiFile(91, "big.safetensors", primary=True),
                        CivitaiFile(92, "small.safetensors"),
                    ),
                ),
            )
        )
    ],
)
def test_a_file_beside_the_primary_one_is_got_by_its_own_id(modelget, hub, models) -> None:
    assert modelget("get", "civitai:9+92").code == 0
    file = models / "loras" / "small.safetensors"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == hub.content("civitai/9/small.safetensors").sha256


def test_documents_are_plain_json_without_a_word_beside_them(modelget, tmp_path) -> None:
    node = loader(1, "a.safetensors", "vae", hub_link("o/r", "a.safetensors"))
    for command in ("plan", "install"):
        json.loads(modelget(command, save_workflow(tmp_path / "x.json", node), "--json").out)
