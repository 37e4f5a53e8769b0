import json
import subprocess
import sys

from tests.monitor.killed import PAGE


def test_a_crash_within_a_page_loses_and_doubles_nothing(url: str) -> None:
    """The page is killed before and after each statement and right before the commit."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.monitor.killed", url],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr

    looks = [json.loads(line) for line in done.stdout.splitlines()]

    assert [look["died"] for look in looks] == [True] * (len(looks) - 1) + [False]
    assert len(looks) > 12, "too few points of the transaction were reached"
    before = {"cursor": None, "known": 0, "counted": 0, "unfiled": 0}
    stored = 0
    for look in looks:
        overlap = 1 if stored else 0
        whole = stored + PAGE + 1 - overlap
        if look["died"]:
            assert look["cursor"] == before["cursor"], look
            assert (look["known"], look["counted"], look["unfiled"]) == (overlap, stored, stored)
        else:
            assert look["cursor"] == f"after page {look['point']}"
            assert (look["known"], look["counted"], look["unfiled"]) == (PAGE + 1, whole, whole)
        again = look["again"]
        assert again["cursor"] == f"after page {look['point']}"
        assert (again["known"], again["counted"], again["unfiled"]) == (PAGE + 1, whole, whole)
        before, stored = again, whole
