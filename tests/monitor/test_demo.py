"""The demo: the whole line in a temporary folder, with and without a person."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from connectors.errors import SetupError
from monitor import demo
from monitor.demo import Summary
from monitor.jobs import Jobs
from tests.responders.console.reader import Page

#: Seconds; far more than it takes, as other programs may have the machine.
PATIENCE = 120


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def posts(folder: Path, *lines: str) -> str:
    file = folder / "posts.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(file)


def test_the_shipped_posts_show_all_that_can_become_of_a_post(temporary: Path) -> None:
    counted: list[int] = []

    summary = demo.once(posts=None, brand=None, progress=counted.append)

    assert sum(counted) == summary.polled
    assert summary.bad == ()
    assert 0 < summary.flagged < summary.new <= summary.polled
    assert summary.needs_human > 0
    assert summary.approved + summary.dismissed + summary.needs_human <= summary.cases
    assert summary.approved <= summary.drafted
    assert summary.approved < summary.sent
    assert list(temporary.iterdir()) == []


def test_the_same_posts_have_the_same_end() -> None:
    first, second = (demo.once(posts=None, brand=None) for _ in range(2))

    assert first == second


def test_posts_of_one_author_are_one_case(tmp_path: Path) -> None:
    file = posts(
        tmp_path,
        '{"text": "My parcel is late, terrible!", "author": "kim"}',
        '{"text": "Still no parcel, I am furious!", "author": "kim"}',
        '{"text": "Broken on arrival, awful!"}',
        '{"text": "Broken on arrival again, awful!"}',
    )

    summary = demo.once(posts=file, brand=None)

    assert (summary.flagged, summary.cases) == (4, 3)


def test_a_post_that_stands_twice_is_read_twice_and_stored_once(tmp_path: Path) -> None:
    line = '{"id": "7", "text": "My parcel is late, terrible!"}'

    summary = demo.once(posts=posts(tmp_path, line, line), brand=None)

    assert (summary.polled, summary.new, summary.cases) == (2, 1, 1)


def test_hostile_posts_are_harmless(tmp_path: Path) -> None:
    file = posts(
        tmp_path,
        '{"text": "<!channel> <script>alert(1)</script> worst shop, my parcel is late!"}',
        '{"text": "\\u202e\\u200b\\u0007 late late late, terrible"}',
        '{"text": ""}',
        '{"id": "1"}',
        "x" * (256 * 1024 + 1),
    )

    summary = demo.once(posts=file, brand=None)

    assert summary.new == 2
    assert [bad.item for bad in summary.bad] == ["3", "4", "5"]


def test_an_empty_file_is_an_empty_summary(tmp_path: Path) -> None:
    summary = demo.once(posts=posts(tmp_path), brand=None)

    assert set(summary.counts().values()) == {0}
    assert summary.text().startswith("0 posts read, 0 new, 0 flagged.")


def test_a_file_that_goes_away_is_named(tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(SetupError, match="cannot read the posts in"):
        demo.once(posts=str(tmp_path / "none.jsonl"), brand=None)

    assert list(temporary.iterdir()) == []


def test_what_never_comes_to_rest_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "MOST_WALKS", 2)
    monkeypatch.setattr(Jobs, "sweep", lambda _: 1)

    with pytest.raises(RuntimeError, match="does not come to rest"):
        demo.once(posts=None, brand=None)


def test_the_summary_is_told_in_sentences() -> None:
    summary = Summary(
        polled=9,
        new=8,
        flagged=7,
        cases=6,
        drafted=5,
        approved=4,
        dismissed=3,
        needs_human=2,
        sent=1,
    )

    assert summary.text() == (
        "9 posts read, 8 new, 7 flagged.\n"
        "6 cases: 5 with a draft, 4 approved, 3 better left unanswered, 2 for a person.\n"
        "1 messages sent on pretend platforms. Nothing left this machine."
    )


# With a person


class Browser:
    """A person at the demo's page, without scripts."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host = address.netloc
        self._cookie = ""
        self._ask("GET", f"{address.path}?{address.query}")

    def page(self, path: str = "/") -> str:
        """A page as it is now."""
        return self._ask("GET", path)

    def press(self, verb: str) -> str:
        """Press the first button that means this."""
        forms = Page(self.page()).forms
        form = next(form for form in forms if f'"v":"{verb}"' in form.fields.get("ref", ""))
        return self._ask("POST", form.action, urlencode(form.fields))

    def _ask(self, method: str, path: str, body: str | None = None) -> str:
        headers = {"Cookie": self._cookie, "Host": self._host, "Origin": f"http://{self._host}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(HTTPConnection(self._host, timeout=PATIENCE)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            self._cookie = (answer.headers["Set-Cookie"] or self._cookie).partition(";")[0]
            text = answer.read().decode()
            assert answer.status < 400, text
            return text


@contextmanager
def serving(file: str) -> Iterator[tuple[str, str]]:
    """The demo in a thread of its own; what it said."""
    said: list[str] = []
    told, stopping = threading.Event(), threading.Event()

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 2:
            told.set()

    served = threading.Thread(
        target=lambda: demo.serve(
            posts=file, brand=None, port=0, say=say, stopping=stopping, undo=0
        )
    )
    served.start()
    try:
        assert told.wait(PATIENCE)
        yield said[0], said[1]
    finally:
        stopping.set()
        served.join(PATIENCE)
    assert not served.is_alive()


def test_a_person_approves_in_the_browser_and_sees_what_was_sent(
    tmp_path: Path, temporary: Path
) -> None:
    file = posts(tmp_path, '{"text": "My parcel is three weeks late, terrible!", "author": "kim"}')

    with serving(file) as (opened, more):
        browser = Browser(opened.removeprefix("Open "))
        assert "three weeks late" in browser.page()
        browser.press("send")
        for _ in range(PATIENCE * 100):
            if "kim" in browser.page("/sent"):
                break
        assert "kim" in browser.page("/sent")

    assert re.fullmatch(r"Open http://127\.0\.0\.1:\d+/enter\?token=\S+", opened)
    assert more.endswith("nothing leaves this machine. Ctrl-C stops.")
    assert list(temporary.iterdir()) == []


def test_ctrl_c_ends_it_in_good_order(tmp_path: Path, temporary: Path) -> None:
    class Interrupted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            raise KeyboardInterrupt

    demo.serve(
        posts=posts(tmp_path, "late"),
        brand=None,
        port=0,
        say=lambda _: None,
        stopping=Interrupted(),
    )

    assert list(temporary.iterdir()) == []


def test_a_port_that_is_taken_is_told(tmp_path: Path, temporary: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"{port}"):
            demo.serve(posts=posts(tmp_path, "late"), brand=None, port=port, say=lambda _: None)

    assert list(temporary.iterdir()) == []
