"""The numbers that training found, shipped as archives of named members.

A member is read when it is first needed, so that a team with posts in two languages does not pay
for twelve.
"""

import json
import zipfile
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

ARCHIVE = "model.zip"
#: Archives hold no time of their own making: the same numbers give the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@cache
def weights(name: str, shipped_as: str = ARCHIVE) -> Mapping[str, Any]:
    """One member of a shipped archive; an empty one where training made none of this name."""
    with (
        as_file(files("monitor.judge").joinpath(shipped_as)) as path,
        zipfile.ZipFile(path) as shipped,
    ):
        member = f"{name}.json"
        if member not in shipped.namelist():
            return {}
        read: Mapping[str, Any] = json.loads(shipped.read(member))
        return read


def write(path: Path, members: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes an archive, byte for byte the same for the same numbers."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            raw = json.dumps(
                members[name], ensure_ascii=False, sort_keys=True, separators=(",", ":")
            )
            archive.writestr(
                zipfile.ZipInfo(f"{name}.json", _NO_TIME),
                raw.encode("utf-8"),
                zipfile.ZIP_DEFLATED,
                9,
            )
