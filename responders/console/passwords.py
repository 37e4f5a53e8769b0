"""Passwords of named users, kept as scrypt hashes that config.toml can show to anybody.

Written as `scrypt$N$r$p$salt$hash`, salt and hash in base64 without padding.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, field

#: Source: OWASP "Password Storage Cheat Sheet", scrypt, the choice with 16 MiB; read 2026-11.
_N, _R, _P = 2**14, 8, 5
_MEMORY = 64 * 1024 * 1024  # what hashlib may take; a little more than any cost we accept
_SALT = 16
_SIZE = 32
#: A password is the only lock on a console that speaks to customers.
SHORTEST = 12
LONGEST = 1024


@dataclass(frozen=True, kw_only=True)
class _Hash:
    n: int
    r: int
    p: int
    salt: bytes = field(repr=False)
    value: bytes = field(repr=False)


def hash_password(password: str, *, salt: bytes | None = None) -> str:
    """What to write into `[console] users` for this password.

    Raises:
        ValueError: it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters, not {len(password)}")
    salt = salt or secrets.token_bytes(_SALT)
    kept = _Hash(n=_N, r=_R, p=_P, salt=salt, value=b"\0" * _SIZE)
    return f"scrypt${_N}${_R}${_P}${_encode(salt)}${_encode(_derive(password, kept))}"


def password_matches(password: str, written: str) -> bool:
    """Whether the password is the one that was hashed; takes about 0.2 s on purpose."""
    kept = _read(written)
    return hmac.compare_digest(_derive(password[:LONGEST], kept), kept.value)


def check_hash(written: str) -> None:
    """See that a hash can be used.

    Raises:
        ValueError: it is not one of ours.
    """
    _read(written)


def _read(written: str) -> _Hash:
    try:
        name, n, r, p, salt, value = written.split("$")
        kept = _Hash(n=int(n), r=int(r), p=int(p), salt=_decode(salt), value=_decode(value))
    except (ValueError, NotBase64) as error:
        raise ValueError('it is not a hash of the form "scrypt$N$r$p$salt$hash"') from error
    strong = kept.n >= _N and kept.r >= 8 and kept.p >= 1
    bearable = 128 * kept.n * kept.r <= _MEMORY // 2 and kept.p <= 16
    if name != "scrypt" or not strong or not bearable or kept.n & (kept.n - 1):
        raise ValueError('it is not a hash of the form "scrypt$16384$8$5$salt$hash"')
    if len(kept.salt) < _SALT or len(kept.value) != _SIZE:
        raise ValueError("it was cut off: copy the whole line")
    return kept


def _derive(password: str, kept: _Hash) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=kept.salt,
        n=kept.n,
        r=kept.r,
        p=kept.p,
        maxmem=_MEMORY,
        dklen=len(kept.value),
    )


def _encode(value: bytes) -> str:
    return b64encode(value).decode("ascii").rstrip("=")


def _decode(written: str) -> bytes:
    return b64decode(written + "=" * (-len(written) % 4), validate=True)
