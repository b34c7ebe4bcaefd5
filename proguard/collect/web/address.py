"""Requests to addresses out of a data set, which must not reach this machine or its network.

A name is looked up once: what it resolves to is checked, and the connection goes to an address that was checked, while
certificate and ``Host`` keep the name. A name that resolves otherwise a moment later gains nothing.
"""

import socket
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

Address = IPv4Address | IPv6Address

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""What of IPv6 has hosts on the public net. Source: RFC 4291, 2.4; IANA."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses whose last four bytes are an IPv4 address. Source: RFC 6052."""


def is_public(address: Address) -> bool:
    """Return whether ``address`` is a host of the public net; one that holds an IPv4 address is judged by that."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    inner = address.ipv4_mapped or address.sixtofour
    if inner is not None:
        return is_public(inner)
    return address in _GLOBAL_UNICAST and address.is_global


def parse_address(text: str) -> httpx.URL:
    """Return an absolute http or https address.

    Raises:
        ValueError: When it is none, or holds a user or a password; the message is the same on every machine.
    """
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        raise ValueError("not an address") from None
    if url.scheme not in ("http", "https"):
        raise ValueError(f"expected http or https, found {url.scheme or 'no scheme'}")
    if url.userinfo:
        raise ValueError("a user or a password in the address")
    if not url.host:
        raise ValueError("no host")
    return url


def resolve(url: httpx.URL, *, is_allowed: Callable[[Address], bool] = is_public) -> list[Address]:
    """Return the addresses of the host of ``url``, in the order that the resolver prefers.

    It reads numbers as a connection would: ``127.1``, ``0x7f000001`` and ``2130706433`` are all 127.0.0.1.

    Raises:
        ValueError: When one of them is not allowed.
        socket.gaierror: When the name is not found.
    """
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    found = socket.getaddrinfo(url.raw_host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(sockaddr[0]) for *_, sockaddr in found]
    if not all(map(is_allowed, addresses)):
        raise ValueError("host is not on the public net")
    return list(dict.fromkeys(addresses))


def open_pinned(
    client: httpx.Client, url: httpx.URL, *, addresses: list[Address], headers: Mapping[str, str]
) -> httpx.Response:
    """Return the answer to a GET of ``url`` from the first of ``addresses`` that takes the connection, its body unread.

    Args:
        client: One that follows no redirects, uses no proxy and keeps no connection, since two names that share an
            address would otherwise share a connection whose certificate was checked for one of them.
        addresses: At least one, as `resolve` gives them.
        headers: Sent along; ``Host`` is added.

    Raises:
        httpx.TransportError: When none takes it, or the answer breaks off.
    """
    for address in addresses:
        request = client.build_request(
            "GET",
            url.copy_with(host=str(address)),
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        try:
            return client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if address == addresses[-1]:
                raise
    raise ValueError(f"{url}: no addresses given")
