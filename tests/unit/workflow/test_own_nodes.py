"""Modelget's own nodes say which model they need, where it is, and which bytes it has."""

from __future__ import annotations

from graphs import graph, link, needs, node, widget_input

from modelget.types import Digest, Requirement

SHA = "ab" * 32
FROM_SOURCE = "(as its source calls it)"
HF = "hf:owner/repo/vae/ae.safetensors@main"


def test_a_name_with_a_source_and_a_sha256_is_one_requirement_that_has_all_three() -> None:
    assert needs(graph(node(1, "ModelgetLoadVAE", "ae.safetensors", HF, SHA))) == (
        Requirement("ae.safetensors", "vae", ("1",), urls=(HF,), digest=Digest("sha256", SHA)),
    )


def test_an_installed_model_needs_no_source() -> None:
    assert needs(graph(node(1, "ModelgetLoadVAE", "sub\\ae.safetensors", "", ""))) == (
        Requirement("sub/ae.safetensors", "vae", ("1",)),
    )


def test_a_source_alone_leaves_the_name_to_its_publisher() -> None:
    assert needs(graph(node(1, "ModelgetLoadCheckpoint", FROM_SOURCE, "civitai:123", ""))) == (
        Requirement("", "checkpoints", ("1",), urls=("civitai:123",), renamable=True),
    )


def test_a_source_that_says_the_name_itself_is_taken_at_its_word() -> None:
    assert needs(graph(node(1, "ModelgetLoadVAE", FROM_SOURCE, HF, ""))) == (
        Requirement("ae.safetensors", "vae", ("1",), urls=(HF,)),
    )


def test_two_unnamed_models_stay_two() -> None:
    found = needs(
        graph(
            node(1, "ModelgetLoadLora", FROM_SOURCE, "civitai:1", 1.0, 1.0, ""),
            node(2, "ModelgetLoadLora", FROM_SOURCE, "civitai:2", 1.0, 1.0, ""),
        )
    )
    assert [need.urls for need in found] == [("civitai:1",), ("civitai:2",)]


def test_nothing_is_needed_while_nothing_is_said() -> None:
    assert needs(graph(node(1, "ModelgetLoadVAE", FROM_SOURCE, "", SHA))) == ()


def test_a_source_that_is_no_reference_names_nothing() -> None:
    assert needs(graph(node(1, "ModelgetLoadVAE", FROM_SOURCE, "ae", ""))) == ()


def test_a_malformed_sha256_is_left_to_the_node_to_complain_about() -> None:
    (need,) = needs(graph(node(1, "ModelgetLoadVAE", "ae.safetensors", HF, "no digest")))
    assert (need.digest, need.urls) == (None, ())


def test_a_node_may_need_several_text_encoders() -> None:
    first, second, third = (
        ("a.safetensors", "", "flux", ""),
        (FROM_SOURCE, "civitai:7", ""),
        ("(none)", HF, ""),
    )
    values = (*first, *second, *third, "d.safetensors", HF, SHA, "default")
    found = needs(graph(node(1, "ModelgetLoadTextEncoder", *values)))
    assert [(need.name, need.folder, need.urls) for need in found] == [
        ("a.safetensors", "text_encoders", ()),
        ("", "text_encoders", ("civitai:7",)),
        ("d.safetensors", "text_encoders", (HF,)),
    ]


def test_the_loader_that_takes_the_name_and_the_node_that_gets_it_want_one_model() -> None:
    getter = node(1, "ModelgetGetModel", "upscale_models", "4x.pth", "hf:o/r/4x.pth", SHA)
    loader = node(2, "UpscaleModelLoader", "", inputs=[widget_input("model_name", link=9)])
    (need,) = needs(graph(getter, loader, links=(link(9, 1, 2, kind="*"),)))
    assert (need.name, need.folder, need.urls) == ("4x.pth", "upscale_models", ("hf:o/r/4x.pth",))
    assert need.digest == Digest("sha256", SHA)
    assert need.wanted_by == ("2",)


def test_a_model_for_a_loader_nobody_knows_lies_where_the_node_says() -> None:
    getter = node(1, "ModelgetGetModel", "my_models", "x.safetensors", "hf:o/r/x.safetensors", "")
    loader = node(2, "Unheard Of", inputs=[{"name": "model", "type": "*", "link": 9}])
    (need,) = needs(graph(getter, loader, links=(link(9, 1, 2, kind="*"),)))
    assert (need.folder, need.urls) == ("my_models", ("hf:o/r/x.safetensors",))


def test_a_prompt_says_the_same_by_input() -> None:
    inputs = {"model": "ae.safetensors", "source": HF, "sha256": SHA}
    (need,) = needs({"5": {"class_type": "ModelgetLoadVAE", "inputs": inputs}})
    assert (need.name, need.folder, need.urls, need.how) == ("ae.safetensors", "vae", (HF,), "input")
    assert need.digest == Digest("sha256", SHA)


def test_a_prompt_hands_the_name_on_to_the_loader_that_takes_it() -> None:
    prompt = {
        "1": {
            "class_type": "ModelgetGetModel",
            "inputs": {"folder": "vae", "model": "", "source": "civitai:7", "sha256": ""},
        },
        "2": {"class_type": "VAELoader", "inputs": {"vae_name": ["1", 0]}},
    }
    (need,) = needs(prompt)
    assert (need.name, need.folder, need.urls, need.renamable) == ("", "vae", ("civitai:7",), True)


def test_a_muted_node_needs_nothing_now() -> None:
    (need,) = needs(graph(node(1, "ModelgetLoadVAE", "ae.safetensors", HF, "", mode=2)))
    assert not need.active


def test_values_saved_by_name_are_read_by_name() -> None:
    saved = {"sha256": SHA, "source": HF, "model": "ae.safetensors"}
    (need,) = needs(graph(node(1, "ModelgetLoadVAE", widgets_values_named=saved)))
    assert (need.name, need.urls) == ("ae.safetensors", (HF,))
