import ipaddress
import socket

import httpx
import pytest

from proguard.collect.web.address import is_public, parse_address, resolve


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1", "2002:101:101::"]
)
def test_is_public_host_of_the_net_is(address: str):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378::1",
        "2001:db8::1",
    ],
)
def test_is_public_other_address_is_not(address: str):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file:///etc/hosts", "expected http or https, found file"),
        ("ftp://example.org/a.png", "expected http or https, found ftp"),
        ("data:image/png;base64,AA==", "expected http or https, found data"),
        ("a.png", "expected http or https, found no scheme"),
        ("", "found no scheme"),
        ("http://user@example.org/a.png", "a user or a password"),
        ("http://example.org:secret@10.0.0.1/a.png", "a user or a password"),
        ("http:///a.png", "no host"),
        ("http://[::1/a.png", "not an address"),
        ("http://example.org:port/a.png", "not an address"),
    ],
)
def test_parse_address_other_than_plain_web_says_why(text: str, message: str):
    with pytest.raises(ValueError, match=message):
        parse_address(text)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "[::1]",
        "[::ffff:7f00:1]",
        "10.0.0.1",
    ],
)
def test_resolve_spelling_of_a_private_address_is_refused(host: str):
    with pytest.raises(ValueError, match="not on the public net"):
        resolve(httpx.URL(f"http://{host}/a.png"))


def test_resolve_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch):
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(ValueError, match="not on the public net"):
        resolve(httpx.URL("http://example.org/a.png"))


def test_resolve_name_that_can_not_exist_is_not_found():
    with pytest.raises(socket.gaierror):
        resolve(httpx.URL(f"http://{64 * 'a'}/a.png"))
