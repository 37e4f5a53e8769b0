"""Each guard of the console, tried from outside against the real server."""

import logging
import socket
from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from responders.console.access import Access
from responders.console.gate import BODY_LONGEST
from responders.console.passwords import hash_password
from tests.responders.console.browser import Browser, browsing
from tests.responders.console.reader import Page
from tests.responders.console.world import World, a_card

PASSWORD = "correct horse battery"
USERS = {"eva": hash_password(PASSWORD), "jan": hash_password("another long password")}
PAGES = ["/", "/cards", "/cases/42", "/sent"]
POSTS = ["/decisions", "/sign-in", "/sign-out"]


@pytest.fixture
def world() -> World:
    return World.of(a_card())


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    with browsing(world) as browser:
        yield browser


@pytest.fixture
def named(world: World) -> Iterator[Browser]:
    """A console with named users, as behind a proxy on this machine."""
    with browsing(world, Access(users=USERS)) as browser:
        yield browser


def send(browser: Browser) -> Mapping[str, str]:
    """What the button Send carries for this browser."""
    return browser.enter().page.form("Send both").fields


# The printed address


def test_the_printed_address_opens_once_and_then_never_again(browser: Browser) -> None:
    first = browser.get(browser.console.url)
    other = Browser(browser.console)
    second = other.get(other.console.url)
    other.close()

    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert second.status_code == 403
    assert "This address has been used" in second.text
    assert "set-cookie" not in second.headers


def test_the_printed_address_leads_whoever_is_in_to_the_cases(browser: Browser) -> None:
    browser.enter()

    assert browser.enter().page.has("Send both")


def test_only_a_visit_uses_the_address_up(browser: Browser) -> None:
    assert browser.http.head(browser.console.url).status_code == 403

    assert browser.enter().status == 200


@pytest.mark.parametrize("path", ["/enter", "/enter?token=", "/enter?token=guess"])
def test_a_wrong_token_opens_nothing(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 403


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(browser: Browser) -> None:
    cookie = browser.get(browser.console.url).headers["set-cookie"]

    assert cookie.startswith("amends=")
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie  # this machine only, without TLS


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_sees_nothing(browser: Browser, path: str) -> None:
    response = browser.get(path)

    assert response.status_code == (401 if path == "/cards" else 303)
    assert "maria" not in response.text


def test_a_stranger_is_told_how_to_come_in(browser: Browser) -> None:
    page = browser.show("/").page

    assert "Open the address that Amends printed" in page.text
    assert page.forms == []


def test_without_named_users_no_password_opens(browser: Browser) -> None:
    token = send(browser)["csrf"]

    response = browser.post("/sign-in", {"name": "you", "password": PASSWORD, "csrf": token})

    assert response.status_code == 401


# Forms from elsewhere


@pytest.mark.parametrize("path", POSTS)
def test_a_form_without_our_token_does_nothing(browser: Browser, world: World, path: str) -> None:
    fields = send(browser)

    for forged in ({**fields, "csrf": "guess"}, {k: v for k, v in fields.items() if k != "csrf"}):
        assert browser.post(path, forged).status_code == 403
    assert world.taken == []
    assert browser.get("/").status_code == 200  # nobody was signed out either


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_another_place_does_nothing(
    browser: Browser, world: World, headers: Mapping[str, str]
) -> None:
    response = browser.post("/decisions", send(browser), headers)

    assert response.status_code == 403
    assert world.taken == []


def test_a_form_that_does_not_say_where_it_comes_from_does_nothing(
    browser: Browser, world: World
) -> None:
    response = browser.http.post("/decisions", data=dict(send(browser)))

    assert response.status_code == 403
    assert world.taken == []


def test_another_browsers_token_is_worth_nothing(world: World) -> None:
    with browsing(world, Access(users=USERS)) as eva:
        jan = Browser(eva.console)
        sign_in(eva)
        sign_in(jan, "jan", "another long password")
        fields = jan.page.form("Send both").fields

        assert eva.post("/decisions", fields).status_code == 403
        jan.close()


# Other names for this machine


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "0.0.0.0"])
def test_a_name_that_was_pointed_here_by_others_is_not_answered_to(
    browser: Browser, host: str
) -> None:
    browser.enter()

    response = browser.get("/", Host=host)

    assert response.status_code in {400, 421}
    assert "maria" not in response.text


def test_two_names_at_once_are_not_answered_to(browser: Browser) -> None:
    port = urlsplit(browser.console.address).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=5) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        answer = line.recv(200)

    assert answer.split()[1] in {b"400", b"421"}


# What every answer bears


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/static/console.js", "/nowhere", "/enter?token=x", "/decisions"]
)
def test_every_answer_forbids_what_no_page_of_ours_needs(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_answer_about_a_fault_of_ours_bears_the_same_and_shows_nothing(
    browser: Browser, world: World
) -> None:
    browser.enter()
    world.broken = True

    response = browser.get("/")

    assert response.status_code == 500
    assert "Something went wrong" in response.text
    assert "shelf" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_no_page_holds_a_script_or_a_style_of_its_own(browser: Browser) -> None:
    for path in ("/", "/cases/42", "/sent", "/unsure", "/sign-in"):
        page = browser.enter().show(path).page

        assert all("src" in attributes for attributes in page.all("script"))
        assert page.all("style") == []
        assert not [a for _, attrs in page.tags for a in attrs if a == "style" or a[:2] == "on"]


# Sizes and shapes


def test_a_body_that_is_too_long_is_not_read_to_its_end(browser: Browser, world: World) -> None:
    fields = {**send(browser), "f:public": "x" * BODY_LONGEST}

    assert browser.post("/decisions", fields).status_code == 413
    assert world.taken == []


def test_only_forms_are_read(browser: Browser) -> None:
    browser.enter()

    response = browser.http.post("/decisions", json={}, headers={"Origin": browser.origin})

    assert response.status_code == 415


def test_a_form_with_too_many_fields_is_none_of_ours(browser: Browser) -> None:
    fields = {**send(browser), **{f"f:{number}": "" for number in range(100)}}

    assert browser.post("/decisions", fields).status_code == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_not_understood(browser: Browser, method: str) -> None:
    assert browser.http.request(method, "/").status_code == 405


def test_a_get_decides_nothing(browser: Browser, world: World) -> None:
    fields = send(browser)

    response = browser.http.get("/decisions", params=dict(fields))

    assert response.status_code == 405
    assert world.taken == []


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/"])
def test_the_static_folder_leads_nowhere_else(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


# Named users


def sign_in(browser: Browser, name: str = "eva", password: str = PASSWORD) -> Browser:
    browser.show("/sign-in")
    form = browser.page.form("Sign in")
    fields = {**form.fields, "name": name, "password": password}
    return browser._take(browser.post("/sign-in", fields))


def test_a_named_user_signs_in_and_decides_under_their_name(named: Browser, world: World) -> None:
    sign_in(named).press("Send both")

    person = world.taken[0][1]
    assert (person.id, person.name, person.surface) == ("eva", "eva", "console")
    assert named.console.url == named.console.address  # nothing secret is printed


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("eva", "wrong password"),
        ("nobody", PASSWORD),
        ("", ""),
        ("jan", PASSWORD),
        ("EVA", PASSWORD),
    ],
)
def test_a_wrong_name_or_password_says_no_more_than_that(
    named: Browser, name: str, password: str
) -> None:
    sign_in(named, name, password)

    assert named.status == 401
    assert "The name or the password is wrong." in named.page.text
    assert named.get("/").status_code == 303


def test_signing_in_gives_a_new_cookie(named: Browser) -> None:
    before = named.show("/sign-in").http.cookies["amends"]

    sign_in(named)

    assert named.http.cookies["amends"] != before


def test_signing_out_ends_the_session_and_not_only_the_cookie(named: Browser) -> None:
    cookie = sign_in(named).http.cookies["amends"]

    named.press("Sign out")
    named.http.cookies.set("amends", cookie, domain="127.0.0.1")

    assert named.get("/").status_code == 303


def test_guessing_is_slowed_down_even_for_the_right_password(named: Browser, world: World) -> None:
    for _ in range(5):
        sign_in(named, password="wrong password")
    named.show("/sign-in")
    fields = {**named.page.form("Sign in").fields, "name": "eva", "password": PASSWORD}

    slowed = named.post("/sign-in", fields)
    world.time += timedelta(seconds=2)
    sign_in(named)

    assert slowed.status_code == 429
    assert slowed.headers["retry-after"] == "3"
    assert "Too many tries. Wait" in slowed.text
    assert named.status == 200


def test_a_session_ends_when_nobody_does_anything(browser: Browser, world: World) -> None:
    browser.enter()
    world.time += timedelta(hours=13)

    assert browser.get("/").status_code == 303


# Behind a proxy that ends TLS

PROXIED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "1.2.3.4, 5.6.7.8"}


@pytest.fixture
def proxied(world: World) -> Iterator[Browser]:
    access = Access(users=USERS, hosts=("console.shop.example",), proxy="127.0.0.1")
    with browsing(world, access) as browser:
        yield browser


def by_proxy(**more: str) -> dict[str, str]:
    return {"Host": "console.shop.example", **PROXIED, **more}


def test_behind_a_proxy_the_cookie_travels_through_tls_only(proxied: Browser) -> None:
    page = proxied.http.get("/sign-in", headers=by_proxy())
    cookie = page.headers["set-cookie"]
    token = Page(page.text).form("Sign in").fields["csrf"]
    fields = {"csrf": token, "name": "eva", "password": PASSWORD}
    headers = by_proxy(Origin="https://console.shop.example", Cookie=cookie.partition(";")[0])

    response = proxied.http.post("/sign-in", data=fields, headers=headers)

    assert proxied.console.address == "https://console.shop.example/"
    assert cookie.startswith("__Host-amends=")
    assert "Secure" in cookie
    assert response.status_code == 303


def test_behind_a_proxy_http_is_not_the_origin_of_our_forms(proxied: Browser) -> None:
    headers = by_proxy(Origin="http://console.shop.example")

    assert proxied.http.post("/sign-in", data={}, headers=headers).status_code == 403


def test_a_browser_that_came_to_the_proxy_without_tls_is_refused(proxied: Browser) -> None:
    headers = by_proxy(**{"X-Forwarded-Proto": "http"})

    response = proxied.http.get("/sign-in", headers=headers)

    assert response.status_code == 403
    assert "through https" in response.text


def test_nobody_connects_beside_the_proxy(world: World) -> None:
    access = Access(users=USERS, hosts=("console.shop.example",), proxy="10.0.0.2")
    with browsing(world, access) as browser:
        response = browser.http.get("/sign-in", headers=by_proxy())

    assert response.status_code == 403
    assert "Only the named proxy" in response.text


# The log


def test_no_secret_and_no_customer_is_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with browsing(world) as browser:
        fields = send(browser)
        browser.post("/decisions", {**fields, "csrf": "x"})
        browser.post("/decisions", fields, {"Origin": "null"})
        browser.get("/enter?token=guessed-token")
        secrets = [browser.console.url.partition("=")[2], browser.http.cookies["amends"]]
    with browsing(world, Access(users=USERS)) as browser:
        sign_in(browser, "not-a-user-but-a-pasted-secret", "wrong password")
        sign_in(browser)
        secrets.append(browser.http.cookies["amends"])
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]

    written = "\n".join(ours)
    assert "console: a wrong name or password from 127.0.0.1" in written
    assert "console: eva signed in" in written
    secrets += [
        fields["csrf"],
        "guessed-token",
        PASSWORD,
        "wrong password",
        "pasted-secret",
        "maria",
    ]
    assert [secret for secret in secrets if secret in written] == []
