from __future__ import annotations

import pytest

from vault_svc.domain import shapes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "@b.cn",
        "a@@b.cn",
        "a b@c.cn",
        "a@b.cn\n",
        "a@b.cn\r\nBcc: x@y.cn",
        "Name <a@b.cn>",
        "a@-b.cn",
        "a@b..cn",
        "账户@b.cn",
        "a" * 65 + "@b.cn",
        "a@" + "b." * 130 + "cn",
    ],
)
def test_no_mail(text: str) -> None:
    """What is not exactly one plain address is no mail address."""
    assert not shapes.is_mail(text)


@pytest.mark.parametrize("text", ["a@b.cn", "first.last+x@mail.shop.example", "a_b%c@x-y.example"])
def test_mail(text: str) -> None:
    """A plain address is a mail address."""
    assert shapes.is_mail(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "www.shop.example",
        "//shop.example/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://a:b@shop.example/",
        "https://a@shop.example/",
        "https://shop.example/ x",
        "https://shop.example/\x00",
        "https://shop.example/\u3000",
        "https://[::1",
        "https://shop.example/" + "a" * 512,
    ],
)
def test_no_web_address(text: str) -> None:
    """Other schemes, names and passwords, blanks and endless ones are no web addresses."""
    assert not shapes.is_web_address(text)
    assert shapes.host_of(text) == ""


def test_web_address() -> None:
    """A plain address is one, and its host is known."""
    assert shapes.is_web_address("https://www.shop.example:8443/admin?x=1")
    assert shapes.host_of("https://www.shop.example:8443/admin") == "www.shop.example"


@pytest.mark.parametrize(
    "text",
    ["", "host", "host:", ":1", "host:0", "host:65536", "host:1e3", "host:１", "ho st:1", "[::1:5", "[x]:5", "a/b:1"],
)
def test_no_server(text: str) -> None:
    """What is not host and port is no address of a server."""
    assert shapes.parse_address(text) is None


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("127.0.0.1:5432", True),
        ("[::1]:5432", True),
        ("LOCALHOST:1", True),
        ("db.example:5432", False),
        ("10.0.0.1:5432", False),
        ("localhost.example:1", False),
        ("[::ffff:10.0.0.1]:1", False),
        ("0.0.0.0:1", False),
    ],
)
def test_loopback(text: str, *, loopback: bool) -> None:
    """Only this machine itself counts as loopback."""
    address = shapes.parse_address(text)

    assert address is not None
    assert address.loopback is loopback


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "0" * 63 + "\n"])
def test_no_sha256(text: str) -> None:
    """A digest has 64 small hex digits."""
    assert not shapes.is_sha256(text)
    assert shapes.is_sha256("ab" * 32)
