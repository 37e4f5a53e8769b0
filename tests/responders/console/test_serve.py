import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import httpx
import pytest

from connectors.errors import SetupError
from responders.console.access import Access
from responders.console.app import make_app
from responders.console.passwords import hash_password
from responders.console.serve import serve
from tests.responders.console.world import World, a_card, running

USERS = {"eva": hash_password("correct horse battery")}


def test_it_listens_until_it_is_stopped_and_stopping_twice_does_no_harm() -> None:
    with running(World.of(a_card())) as console:
        assert console.url.startswith(f"{console.address}enter?token=")
        assert httpx.get(console.address, trust_env=False).status_code == 303
        console.stop()
        console.stop()
        assert not console.thread.is_alive()
        with pytest.raises(httpx.ConnectError):
            httpx.get(console.address, trust_env=False)


def test_signals_stay_with_the_process() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]

    with running(World()):
        during = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]

    assert during == before
    assert threading.current_thread() is threading.main_thread()


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        world = World()
        app = make_app(world, world, world, Access.by_link(), world.clock)

        with pytest.raises(
            SetupError, match=rf"cannot listen on 127\.0\.0\.1 port {port}: .*in use"
        ):
            serve(app, port=port)


def test_it_does_not_listen_to_the_world_without_users() -> None:
    world = World()
    app = make_app(world, world, world, Access.by_link(), world.clock)

    with pytest.raises(SetupError, match=r"listens on 127\.0\.0\.1 only"):
        serve(app, "0.0.0.0")


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    try:
        subprocess.run(
            [*command, "-out", certificate, "-keyout", key], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return certificate, key


def test_with_a_certificate_it_speaks_tls_and_its_cookie_too(pem: tuple[Path, Path]) -> None:
    certificate, key = pem
    access = Access(users=USERS, hosts=("localhost",), certificate=certificate, key=key)
    trust = ssl.create_default_context(cafile=str(certificate))

    with running(World(), access) as console:
        response = httpx.get(f"{console.address}sign-in", verify=trust, trust_env=False)

    assert console.address.startswith("https://localhost:")
    assert response.headers["set-cookie"].startswith("__Host-amends=")
    assert "Secure" in response.headers["set-cookie"]


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.write_text("no certificate")
    access = Access(users=USERS, certificate=file, key=file)
    world = World()

    with pytest.raises(SetupError, match="the certificate cannot be used"):
        serve(make_app(world, world, world, access, world.clock))


def test_it_listens_on_the_newer_loopback_too() -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6")

    with running(World(), host="::1") as console:
        assert console.address.startswith("http://[::1]:")
        assert httpx.get(console.address, trust_env=False).status_code == 303
