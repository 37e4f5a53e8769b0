"""Reads pages as a browser without scripts does: forms, what they carry, and broken HTML."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "link", "br", "hr", "input", "img"})


@dataclass(kw_only=True)
class PageForm:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    button: str = ""


class Page(HTMLParser):
    """One page; `faults` lists what a browser would have to mend."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.forms: list[PageForm] = []
        self.faults: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self._area = ""
        self._select = ""
        self._in_button = False
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]
        ids = [attrs["id"] for _, attrs in self.tags if "id" in attrs]
        self.faults += [f"id {one} occurs twice" for one in set(ids) if ids.count(one) > 1]
        for name in ("for", "aria-labelledby", "aria-describedby"):
            for tag, attrs in self.tags:
                if name in attrs and attrs[name] not in ids:
                    self.faults.append(f"<{tag} {name}={attrs[name]}> leads nowhere")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if len(given) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        self.tags.append((tag, given))
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "form":
            if "form" in self._open[:-1]:
                self.faults.append("a form within a form")
            self.forms.append(PageForm(action=given["action"], method=given["method"]))
        elif tag == "input" and self.forms and "name" in given and "form" in self._open:
            if given.get("type") != "radio" or "checked" in given:
                self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "textarea" and "name" in given:
            self._area = given["name"]
            self.forms[-1].fields[self._area] = ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and ("selected" in given or self._select not in self._fields()):
            self._fields()[self._select] = given["value"]
        elif tag == "button":
            self._in_button = True

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]}")
        else:
            self._open.pop()
        if tag == "textarea" and self._area:
            self._fields()[self._area] = self._fields()[self._area].removeprefix("\n")
            self._area = ""
        if tag == "button":
            self._in_button = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._area:
            self._fields()[self._area] += data
        if self._in_button and "form" in self._open:
            self.forms[-1].button += data

    def _fields(self) -> dict[str, str]:
        return self.forms[-1].fields

    def form(self, button: str, case_id: int = 42) -> PageForm:
        """The form with this button, of this case."""
        mine = f'"c":{case_id},'
        for form in self.forms:
            if form.button.strip() == button and mine in form.fields.get("ref", mine):
                return form
        raise AssertionError(f"no form with a button {button!r}")

    def has(self, button: str) -> bool:
        """Whether any form has this button."""
        return any(form.button.strip() == button for form in self.forms)

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every such element."""
        return [attrs for name, attrs in self.tags if name == tag]
