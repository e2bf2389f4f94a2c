"""Addresses that look like a listed host to somebody and must lead nowhere."""

# ruff: noqa: RUF001 - letters that look like others are the point
from __future__ import annotations

_NAMES = ("huggingface.co", "civitai.com")

_LOOK_ALIKES = [
    "https://huggingface.co.evil.com/x",
    "https://huggingface.co.evil.com:443/x",
    "https://evilhuggingface.co/x",
    "https://evil-huggingface.co/x",
    "https://huggingface.com/x",
    "https://huggingface.c/x",
    "https://huggingface.cο/x",  # Greek omicron
    "https://huggingfасe.co/x",  # Cyrillic
    "https://ｈuggingface.co/x",  # full width
    "https://huggingface。co/x",  # an ideographic full stop
    "https://huggingface．co/x",
    "https://huggingface\u00ad.co/x",
    "https://huggingface\u200b.co/x",
    "https://hugging\u2060face.co/x",
    "https://xn--hugingface-xq5f.co/x",
    "https://huggıngface.co/x",
    "https://ĥuggingface.co/x",
    "https://\u202eoc.ecafgniggug/x",
    "https://civita\u0456.com/x",
    "https://hf.co.evil.com/x",
    "https://xhf.co/x",
    "https://.hf.co/x",
    "https://a..hf.co/x",
    "https://hf.co.hf/x",
    "https://hf_co/x",
    "https://hf-co/x",
    "https://co/x",
    "https://*.hf.co/x",
    "https://evil.com/https://huggingface.co/x",
    "https://evil.com/?https://huggingface.co/x",
    "https://evil.com#huggingface.co/x",
    "https://evil.com?@huggingface.co/x",
    "https://evil.com#@huggingface.co/x",
    "https://evil.com/@huggingface.co/x",
    "https://evil.com;huggingface.co/x",
    "https://mirror.example.evil.com/x",
    "https://sub.mirror.example/x",
]

_SCHEMES = [
    template.format(name)
    for name in _NAMES
    for template in (
        "http://{}/x",
        "ftp://{}/x",
        "file://{}/x",
        "gopher://{}/x",
        "ws://{}/x",
        "data:{}/x",
        "javascript://{}/%0aalert(1)",
        "//{}/x",
        "{}/x",
        "/{}/x",
        "https:{}/x",
        "https:/{}/x",
        "https:///{}/x",
        "https//{}/x",
        "https:{}",
        "https+http://{}/x",
        "git+https://{}/x",
        "view-source:https://{}/x",
        "blob:https://{}/x",
    )
] + [
    "file:///etc/passwd",
    "file:C:/x",
    "data:,x",
    "about:blank",
    "dict://127.0.0.1:11211/",
    "",
    " ",
    "https://",
]

_PARTS = [
    template.format(name)
    for name in _NAMES
    for template in (
        "https://{}@evil.com/x",
        "https://evil.com@{}/x",
        "https://user:secret@{}/x",
        "https://@{}/x",
        "https://:@{}/x",
        "https://{}%40evil.com/x",
        "https://{}:443@evil.com/x",
        "https://{}:80/x",
        "https://{}:0/x",
        "https://{}:8443/x",
        "https://{}:65536/x",
        "https://{}:-443/x",
        "https://{}:+443/x",
        "https://{}:0443/x",
        "https://{}:4 43/x",
        "https://{}:443:443/x",
        "https://{}:four/x",
        "https://{}:/x",
        "https://{}:٤٤٣/x",
        "https://{}./x",
        "https://{}../x",
        "https://.{}/x",
        "https://{}%2e/x",
        "https://{}%00.evil.com/x",
        "https://{}%2f.evil.com/x",
        "https://{}%252f@evil.com/x",
        "https://{}\\.evil.com/x",
        "https://evil.com\\@{}/x",
        "https:\\\\{}\\x",
        "https://{}\\@evil.com/x",
        "https://\t{}/x",
        "https://{}\t.evil.com/x",
        "https://{}\n/x",
        "https://{}/x\r\nHost: evil.com",
        "\thttps://{}/x",
        " https://{}/x",
        "https://{}/x ",
        "https://{}/a b",
        "https://{}\x00/x",
        "https://{}\x7f/x",
        "https://{}\x85/x",
        "https://{}[::1]/x",
        "https://[{}]/x",
        "https://[::1]{}/x",
        "https://[::1].{}/x",
        "https://[v1.{}]/x",
        "https://{}]/x",
        "https://({})/x",
        "https://{},evil.com/x",
        "https://$({})/x",
    )
] + [
    "https://%68uggingface.co/x",
    "https://huggingface%2Eco/x",
    "https://huggingface%252Eco/x",
    "http://127.0.0.1:9000@evil.com/x",
    "http://evil.com@127.0.0.1:9000/x",
    "http://127.0.0.1:9000.evil.com/x",
    "http://127.0.0.1:9000\\@evil.com/x",
    "http://[::1]:9001.evil.com/x",
    "http://[::1].evil.com:9001/x",
    "http://evil.com[::1]:9001/x",
]

_ADDRESSES = [
    f"{scheme}://{host}/x"
    for scheme in ("http", "https")
    for host in (
        "127.0.0.1",
        "127.0.0.1:9001",
        "127.0.0.1:90000",
        "127.0.0.2:9000",
        "127.1:9000",
        "0:9000",
        "0.0.0.0:9000",
        "2130706433:9000",
        "0x7f000001:9000",
        "0x7f.1:9000",
        "0177.0.0.1:9000",
        "127.0.0.01:9000",
        "１２７.0.0.1:9000",
        "127。0。0。1:9000",
        "①②⑦.⓪.⓪.①:9000",
        "localhost:9000",
        "169.254.169.254",
        "metadata.google.internal",
        "[fd00:ec2::254]",
        "[::]:9001",
        "[0:0:0:0:0:0:0:1]:9001",
        "[::0001]:9001",
        "[::ffff:127.0.0.1]:9000",
        "[::ffff:7f00:1]:9000",
        "[::1%25lo]:9001",
        "[::1%lo]:9001",
        "::1:9001",
        "10.0.0.1",
        "192.168.0.1",
        "100.100.100.200",
    )
]

HOSTILE_URLS = [*_LOOK_ALIKES, *_SCHEMES, *_PARTS, *_ADDRESSES]
