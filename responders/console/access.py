"""Who may come in and by which address: the console can speak to customers, so it is guarded.

Without named users it listens on this machine only, and opens to whoever has the address that it
printed. With named users it may listen elsewhere, behind TLS of its own or a proxy that ends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from connectors.errors import SetupError
from responders.console.passwords import check_hash
from responders.console.sessions import new_secret

_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
_NAME_LONGEST = 64


@dataclass(frozen=True, kw_only=True)
class Access:
    """The rules of `[console]`; making one checks them.

    Raises:
        SetupError: the rules would lock everybody out or let anybody in; it names the key.
    """

    users: Mapping[str, str] = field(default_factory=dict, repr=False)  #: name -> scrypt hash
    token: str = field(default="", repr=False)  #: opens once, for a console without named users
    visitor: str = "you"  #: whose name the decisions bear that come in by the token
    hosts: tuple[str, ...] = ()  #: host names by which browsers reach us, beside this machine's
    certificate: Path | None = None  #: TLS, both or neither
    key: Path | None = None
    proxy: str = ""  #: address of the one proxy that may connect; it ends TLS

    @classmethod
    def by_link(cls, visitor: str = "you") -> "Access":
        """For one person on this machine, through the address that is printed."""
        return cls(token=new_secret(), visitor=visitor)

    def __post_init__(self) -> None:
        if bool(self.users) == bool(self.token):
            raise SetupError(
                "the console opens either to named users or by a one-time address: "
                "give [console] users, or nothing and let an address be made"
            )
        for name, written in self.users.items():
            _check_user(name, written)
        if (self.certificate is None) != (self.key is None):
            raise SetupError("[console] tls_cert and tls_key belong together: give both or neither")
        for file in (self.certificate, self.key):
            if file is not None and not file.is_file():
                raise SetupError(f"[console] {file} is not a file: name a PEM file")
        if self.proxy and _address(self.proxy) is None:
            raise SetupError(
                f"[console] trusted_proxy is an address such as 127.0.0.1, not {self.proxy!r}"
            )

    @property
    def secure(self) -> bool:
        """Whether browsers reach us through TLS only."""
        return self.certificate is not None or bool(self.proxy)

    def check_address(self, host: str) -> None:
        """Refuse to listen where strangers could reach a console that is open to them.

        Raises:
            SetupError: the address is not this machine's own, and users or TLS are missing.
        """
        if _is_loopback(host):
            return
        missing = []
        if not self.users:
            missing.append("[console] users (without them anybody could send)")
        if not self.secure:
            missing.append("tls_cert and tls_key, or trusted_proxy (passwords would travel openly)")
        if not self.hosts:
            missing.append("allowed_hosts (the names by which browsers reach it)")
        if missing:
            raise SetupError(
                f"the console listens on 127.0.0.1 only; for {host!r} add " + "; ".join(missing)
            )

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names us: a page elsewhere may have pointed its own name here."""
        return host_name(header) in (*_LOOPBACK_NAMES, *(host.lower() for host in self.hosts))


def host_name(header: str) -> str:
    """The name in a Host header, without port and brackets; "" where it is not well-formed."""
    name, colon, port = header.lower().rpartition(":")
    if not colon or port.endswith("]"):
        name, port = header.lower(), "0"
    if not port.isdecimal():
        return ""
    if name.startswith("[") and name.endswith("]"):
        return name[1:-1]
    return "" if ":" in name else name.removesuffix(".")


def _check_user(name: str, written: str) -> None:
    if not name.strip() or len(name) > _NAME_LONGEST or not name.isprintable():
        raise SetupError(f"[console] users: {name!r} is not a name of 1 to {_NAME_LONGEST} letters")
    try:
        check_hash(written)
    except ValueError as error:
        raise SetupError(f"[console] users, {name}: {error}") from error


def _address(written: str) -> object | None:
    try:
        return ip_address(written)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
