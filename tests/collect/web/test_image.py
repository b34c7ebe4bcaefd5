import logging
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from proguard.collect.web.image import Fault, check_gate, hub_headers
from tests.image_server import BODY, Answer, Server, drip, fetch_one, images, move, send, serve, status

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_token")]


def make_certificate(name: str, folder: Path) -> Path:
    """A key and a certificate of ``name`` that it signs itself, in one file."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    pem = serialization.Encoding.PEM
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + builder.sign(key, hashes.SHA256()).public_bytes(pem)
    )
    return path


@pytest.mark.parametrize(
    "answers",
    [
        [send],
        [partial(send, announced=len(BODY))],
        [status(500, Retry_After="0"), send],
        [status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), status(408, Retry_After="0"), send],
        [partial(send, announced=len(BODY) + 1), send],
        [move("/a.png"), move("a.png?b"), send],
    ],
    ids=["ok", "ok-length", "500-ok", "429-408-ok", "cut-ok", "moved"],
)
def test_fetch_passing_fault_gives_the_image(answers: list[Answer], server: Server, tmp_path: Path):
    server.answers["/a.png?b"] = [send]
    assert fetch_one(server, answers, tmp_path, attempts=3) == BODY


@pytest.mark.parametrize(
    ("answer", "fault", "n_requests"),
    [
        (status(404), Fault("dead link", "HTTP 404"), 1),
        (status(204), Fault("dead link", "HTTP 204"), 1),
        (status(503, Retry_After="0"), Fault("dead link", "HTTP 503"), 3),
        (move("/a.png"), Fault("dead link", "more than 5 redirects"), 6),
        (partial(send, body=BODY + b"x"), Fault("huge image", f"more than {len(BODY)} bytes"), 1),
        (move("http://10.0.0.1/a.png"), Fault("unsafe address", "redirect: host is not on the public net"), 1),
        (move("http://[::1]/a.png"), Fault("unsafe address", "redirect: host is not on the public net"), 1),
        (move("file:///a.png"), Fault("unsafe address", "redirect: expected http or https, found file"), 1),
        (move("//me@localhost/"), Fault("unsafe address", "redirect: a user or a password in the address"), 1),
    ],
)
def test_fetch_lasting_fault_says_why(answer: Answer, fault: Fault, n_requests: int, server: Server, tmp_path: Path):
    assert fetch_one(server, [answer], tmp_path, attempts=3) == fault
    assert len(server.requests) == n_requests


def test_fetch_wait_that_the_server_asks_for_is_kept(server: Server, tmp_path: Path):
    began = time.monotonic()
    assert fetch_one(server, [status(503, Retry_After="0")] * 3 + [send], tmp_path, attempts=4) == BODY
    # Without it the waits are 0.5, 1 and 2 s.
    assert time.monotonic() - began < 0.5


def test_fetch_name_that_can_not_exist_is_a_dead_link_at_once(tmp_path: Path):
    began = time.monotonic()
    assert list(images(tmp_path, attempts=3).fetch([f"http://{64 * 'a'}/a.png"])) == [Fault("dead link", "no answer")]
    assert time.monotonic() - began < 0.5


def test_fetch_redirect_to_no_address_is_a_dead_link(server: Server, tmp_path: Path):
    assert fetch_one(server, [move("http://[::1/")], tmp_path) == Fault("dead link", "no answer")


def test_fetch_huge_image_is_not_read_to_its_end(server: Server, tmp_path: Path):
    sent = []

    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(2000):
            handler.wfile.write(bytes(2**16))
            sent.append(2**16)

    assert fetch_one(server, [flood], tmp_path).reason == "huge image"
    assert sum(sent) < 2000 * 2**16 / 2


@pytest.mark.parametrize("answer", [drip, lambda handler: time.sleep(0.4)], ids=["drip", "silent"])
def test_fetch_slow_server_is_a_dead_link(answer: Answer, server: Server, tmp_path: Path):
    began = time.monotonic()
    assert fetch_one(server, [answer], tmp_path, timeout_seconds=0.2) == Fault("dead link", "no answer")
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:{port}/a.png",
        "http://127.0.0.1:{port}/a.png",
        "http://2130706433:{port}/a.png",
        "http://[::ffff:127.0.0.1]:{port}/a.png",
        "http://10.0.0.1/a.png",
        "http://169.254.169.254/latest",
        "http://[::1]/a.png",
        "ftp://localhost:{port}/a.png",
        "file:///etc/hostname",
    ],
)
def test_fetch_address_that_is_not_public_asks_nobody(url: str, server: Server, tmp_path: Path):
    server.answers["/a.png"] = [send]
    (found,) = images(tmp_path).fetch([url.format(port=server.url.rpartition(":")[2])])
    assert found.reason == "unsafe address"
    assert server.requests == []


def test_fetch_name_is_looked_up_once_and_kept_as_host(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    look_up, names = socket.getaddrinfo, []

    def note(host: bytes | str, *args: object, **kwargs: object) -> list:
        names.append(host.decode() if isinstance(host, bytes) else host)
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", note)
    assert fetch_one(server, [send], tmp_path) == BODY
    assert names.count("localhost") == 1
    assert server.requests[0][1]["Host"] == server.url.removeprefix("http://")


@pytest.mark.parametrize(("name", "is_trusted"), [("localhost", True), ("example.org", False)])
def test_fetch_certificate_has_to_be_that_of_the_name(
    name: str, is_trusted: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    certificate = make_certificate(name, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(context) as server:
        found = fetch_one(server, [send], tmp_path)
    assert found == (BODY if is_trusted else Fault("dead link", "no answer"))


def test_fetch_cookie_and_proxy_are_not_used(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.answers["/b.png"] = [send]
    assert fetch_one(server, [move("/b.png")], tmp_path) == BODY
    assert "Cookie" not in server.requests[1][1]


@pytest.mark.parametrize(
    ("url", "is_sent"),
    [
        ("https://huggingface.co/datasets/a/b/resolve/main/c.png", True),
        ("http://huggingface.co/datasets/a/b/resolve/main/c.png", False),
        ("https://huggingface.co:8443/c.png", False),
        ("https://huggingface.co.example.org/c.png", False),
        ("https://cdn.huggingface.co/c.png", False),
        ("https://example.org/huggingface.co/c.png", False),
    ],
)
def test_hub_headers_token_goes_to_the_hub_alone(url: str, is_sent: bool):
    headers = hub_headers(httpx.URL(url), "secret")
    assert headers == ({"Authorization": "Bearer secret"} if is_sent else {})
    assert hub_headers(httpx.URL(url), None) == {}


def test_fetch_token_is_neither_sent_elsewhere_nor_logged(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
):
    monkeypatch.setenv("HF_TOKEN", "secret")
    server.answers["/b.png"] = [status(503), send]
    with caplog.at_level(logging.DEBUG):
        assert fetch_one(server, [move("/b.png")], tmp_path, attempts=2) == BODY
    assert all("Authorization" not in headers for _, headers in server.requests)
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("host", "status", "headers", "token"),
    [
        ("huggingface.co", 401, {}, None),
        ("huggingface.co", 403, {"X-Error-Code": "GatedRepo"}, "secret"),
    ],
)
def test_check_gate_hub_that_a_person_can_open_stops_the_run(
    host: str, status: int, headers: dict[str, str], token: str | None
):
    with pytest.raises(PermissionError, match="accept the terms .* set HF_TOKEN") as caught:
        check_gate(httpx.URL(f"https://{host}/c.png"), status=status, headers=headers, token=token)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "status", "headers", "token"),
    [
        ("example.org", 401, {}, None),
        ("huggingface.co", 404, {}, None),
        ("huggingface.co", 401, {"X-Error-Code": "RepoNotFound"}, "secret"),
    ],
)
def test_check_gate_other_refusal_is_a_dead_link(host: str, status: int, headers: dict[str, str], token: str | None):
    check_gate(httpx.URL(f"https://{host}/c.png"), status=status, headers=headers, token=token)
