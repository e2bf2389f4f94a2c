"""A workflow that makes a picture and needs one model for it."""

from __future__ import annotations

from typing import Any

from makers import hub_link, loader

Json = dict[str, Any]


def picture_graph(vae: str, repo: str = "o/r") -> Json:
    """Return a UI graph: an empty latent, decoded by this VAE, saved."""
    load = loader(1, vae, "vae", hub_link(repo, vae)) | {"outputs": [_output("VAE", 1)]}
    latent = _node(2, "EmptyLatentImage", [64, 64, 1], outputs=[_output("LATENT", 2)])
    wanted = [_input("samples", "LATENT", 2), _input("vae", "VAE", 1)]
    decode = _node(3, "VAEDecode", [], inputs=wanted, outputs=[_output("IMAGE", 3)])
    save = _node(4, "SaveImage", ["panel"], inputs=[_input("images", "IMAGE", 3)])
    links = [[1, 1, 0, 3, 1, "VAE"], [2, 2, 0, 3, 0, "LATENT"], [3, 3, 0, 4, 0, "IMAGE"]]
    placed = [node | {"pos": [320 * at, 0]} for at, node in enumerate((load, latent, decode, save))]
    return {"nodes": placed, "links": links, "version": 0.4}


def _node(number: int, kind: str, values: list[Any], **more: Any) -> Json:
    return {
        "id": number,
        "type": kind,
        "mode": 0,
        "inputs": [],
        "outputs": [],
        "widgets_values": values,
        **more,
    }


def _input(name: str, kind: str, link: int) -> Json:
    return {"name": name, "type": kind, "link": link}


def _output(kind: str, link: int) -> Json:
    return {"name": kind, "type": kind, "links": [link]}
