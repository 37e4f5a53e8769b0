from pathlib import Path

import pytest

from connectors.errors import SetupError
from responders.console.access import Access, host_name
from responders.console.passwords import hash_password

USERS = {"eva": hash_password("correct horse battery")}


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    path = tmp_path / "cert.pem"
    path.touch()
    return path


def test_a_link_opens_for_one_person_on_this_machine() -> None:
    access = Access.by_link("jan")

    assert (access.visitor, access.secure) == ("jan", False)
    assert len(access.token) > 40
    assert Access.by_link().token != Access.by_link().token
    for host in ("127.0.0.1", "localhost", "::1", "127.8.9.1"):
        access.check_address(host)


def test_secrets_are_not_in_the_repr() -> None:
    access = Access.by_link()

    assert access.token not in repr(access)
    assert "scrypt" not in repr(Access(users=USERS))


def test_there_are_named_users_or_a_link_never_both_or_neither() -> None:
    for users, token in (({}, ""), (USERS, "secret")):
        with pytest.raises(SetupError, match="either to named users or by a one-time address"):
            Access(users=users, token=token)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "e\nva"])
def test_a_user_has_a_name(name: str) -> None:
    with pytest.raises(SetupError, match=r"\[console\] users: .* is not a name"):
        Access(users={name: USERS["eva"]})


def test_a_password_in_plain_text_is_refused_without_being_shown() -> None:
    with pytest.raises(SetupError, match=r"\[console\] users, eva: it is not a hash") as caught:
        Access(users={"eva": "hunter2hunter2"})

    assert "hunter2" not in str(caught.value)


def test_certificate_and_key_belong_together(pem: Path) -> None:
    for certificate, key in ((pem, None), (None, pem)):
        with pytest.raises(SetupError, match="tls_cert and tls_key belong together"):
            Access(users=USERS, certificate=certificate, key=key)


def test_a_certificate_that_is_not_there_is_named(pem: Path) -> None:
    with pytest.raises(SetupError, match=r"nowhere\.pem is not a file"):
        Access(users=USERS, certificate=pem.with_name("nowhere.pem"), key=pem)


def test_a_proxy_is_an_address() -> None:
    with pytest.raises(SetupError, match=r"trusted_proxy is an address .* not 'nginx'"):
        Access(users=USERS, proxy="nginx")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "console.shop.example"])
def test_nothing_but_this_machine_is_listened_on_without_users_and_tls(host: str) -> None:
    with pytest.raises(
        SetupError, match=r"127\.0\.0\.1 only; for .* add \[console\] users"
    ) as both:
        Access.by_link().check_address(host)
    with pytest.raises(SetupError, match=r"add tls_cert and tls_key, or trusted_proxy"):
        Access(users=USERS, hosts=("console.shop.example",)).check_address(host)

    assert "allowed_hosts" in str(both.value)


def test_named_users_behind_tls_or_a_named_proxy_may_be_reached_from_elsewhere(pem: Path) -> None:
    hosts = ("console.shop.example",)
    by_tls = Access(users=USERS, hosts=hosts, certificate=pem, key=pem)
    by_proxy = Access(users=USERS, hosts=hosts, proxy="10.0.0.2")

    for access in (by_tls, by_proxy):
        assert access.secure
        access.check_address("0.0.0.0")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("127.0.0.1:8765", "127.0.0.1"),
        ("LocalHost", "localhost"),
        ("localhost.:80", "localhost"),
        ("[::1]:8765", "::1"),
        ("[::1]", "::1"),
        ("::1", ""),
        ("evil.example:port", ""),
        ("a:1:2", ""),
        ("", ""),
    ],
)
def test_the_name_in_a_host_header(header: str, name: str) -> None:
    assert host_name(header) == name


def test_only_names_that_are_ours_are_answered_to() -> None:
    access = Access(users=USERS, hosts=("Console.Shop.Example",))

    for ours in (
        "localhost:1",
        "127.0.0.1",
        "[::1]:9",
        "console.shop.example",
        "console.shop.example:443",
    ):
        assert access.knows_host(ours)
    for other in ("evil.example", "127.0.0.1.evil.example", "xconsole.shop.example", "", "0.0.0.0"):
        assert not access.knows_host(other)
