"""The link that everybody can follow, whatever mirror a file was looked up at."""

from __future__ import annotations

import pytest

from modelget.public_links import public_link
from modelget.sources import civitai, huggingface, modelscope

COMMIT = "a" * 40


@pytest.mark.parametrize(
    ("reference", "link"),
    [
        (
            f"hf:o/r/a b.safetensors@{COMMIT}",
            f"https://huggingface.co/o/r/resolve/{COMMIT}/a%20b.safetensors",
        ),
        ("hf:datasets/o/r/x.pt", "https://huggingface.co/datasets/o/r/resolve/main/x.pt"),
        ("civitai:5", "https://civitai.com/api/download/models/5"),
        ("civitai:5+7", "https://civitai.com/api/download/models/5?fileId=7"),
        (f"modelscope:o/r/x.pt@{COMMIT}", f"https://modelscope.cn/models/o/r/resolve/{COMMIT}/x.pt"),
        (
            "https://www.modelscope.ai/models/o/r/resolve/v/x.pt",
            "https://www.modelscope.ai/models/o/r/resolve/v/x.pt",
        ),
        ("hf:o/r/a.zip@v1#b/x y.pt", "https://huggingface.co/o/r/resolve/v1/a.zip#b/x%20y.pt"),
        ("https://github.com/o/r/blob/c/x.pth", "https://github.com/o/r/blob/c/x.pth"),
        ("file:/home/me/x.pt", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_an_id_has_the_public_link_of_its_place(reference, link) -> None:
    assert public_link(reference) == link


@pytest.mark.parametrize(
    "reference", [f"hf:o/r/sub/x.safetensors@{COMMIT}", "civitai:5+7", f"modelscope:o/r/x@{COMMIT}"]
)
def test_the_link_means_the_same_file_as_the_id(reference) -> None:
    link = public_link(reference)
    assert link is not None
    for parse in (huggingface.parse_reference, modelscope.parse_reference, civitai.parse_reference):
        assert parse(link) == parse(reference)
