"""A browser without scripts: keeps cookies, submits forms as they stand on the page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from responders.console.access import Access
from responders.console.serve import Running
from tests.responders.console.reader import Page, PageForm
from tests.responders.console.world import World, running


class Browser:
    """One browser in which somebody may be signed in."""

    def __init__(self, console: Running) -> None:
        self.console = console
        here = console.address if "127.0.0.1" in console.address else self._behind_proxy()
        self.http = httpx.Client(base_url=here, trust_env=False, timeout=10)
        self.page = Page("")
        self.status = 0

    def _behind_proxy(self) -> str:
        return f"http://127.0.0.1:{self.console.port}/"

    def close(self) -> None:
        self.http.close()

    @property
    def origin(self) -> str:
        return self.console.address.rstrip("/")

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def post(
        self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        sent = {"Origin": self.origin, **(headers or {})}
        return self.http.post(path, data=dict(fields), headers=sent)

    def enter(self) -> "Browser":
        """Open the printed address, as a person does."""
        return self.show(self.console.url)

    def show(self, path: str) -> "Browser":
        return self._take(self.http.get(path))

    def press(self, button: str, case_id: int = 42, **typed: str) -> "Browser":
        """Submit the form of a button, with what was typed into its fields."""
        return self.submit(self.page.form(button, case_id), **typed)

    def submit(self, form: PageForm, **typed: str) -> "Browser":
        fields = {**form.fields, **{f"f:{name}": text for name, text in typed.items()}}
        return self._take(self.post(form.action, fields))

    def _take(self, response: httpx.Response) -> "Browser":
        while response.is_redirect:
            response = self.http.get(response.headers["location"])
        self.status = response.status_code
        self.page = Page(response.text)
        assert not self.page.faults, self.page.faults
        return self


@contextmanager
def browsing(world: World, access: Access | None = None) -> Iterator[Browser]:
    """A console, and a browser that has not opened it yet."""
    with running(world, access) as console:
        browser = Browser(console)
        try:
            yield browser
        finally:
            browser.close()
