"""Settings: what is read, and what a person is told where something is wrong."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import SettingsError, check, defaults, load, parse_duration
from responders.money import Money

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
BRAND = '[[brands]]\nname = "Acme"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(written(folder, text))
    return caught.value.problems


def test_the_smallest_file_is_a_brand(tmp_path: Path) -> None:
    settings = load(written(tmp_path, BRAND))

    assert settings.brands[0].name == "Acme"
    assert settings.brands[0].terms == ("Acme",)
    assert settings.policy.approvers == frozenset()
    assert settings.connectors == {}


def test_the_example_is_valid_once_its_secrets_are_left_aside() -> None:
    settings = load(EXAMPLE, secrets=False)

    assert settings.brands[0].business_hours == ("09:00", "17:00")
    assert settings.policy.response_target == timedelta(hours=1)
    assert settings.connectors == {}  # everything is switched off in it


def test_a_misspelt_key_names_the_nearest_one_and_what_is_allowed(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, BRAND + "[policy]\naprovers = ['U1']\n")

    assert "config.toml: policy.aprovers is not a known key" in problem
    assert 'did you mean "approvers"?' in problem
    assert "undo_seconds" in problem


def test_a_misspelt_table_names_the_nearest_one(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, BRAND + "[polcy]\n")

    assert 'did you mean "policy"?' in problem
    assert "connectors" in problem


def test_an_unknown_platform_names_those_that_exist(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, BRAND + "[connectors.twiter]\n")

    assert 'connectors.twiter is no platform (did you mean "twitter"?)' in problem
    assert "reddit" in problem


def test_every_problem_is_found_at_once(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path,
        "[[brands]]\nname = 'Acme'\ntimezone = 'Europe/Berln'\nvoice = 'loud'\n"
        "[policy]\nundo_seconds = 'soon'\nquiet_hours = '22-7'\n[digest]\nwhen = 'monday'\n",
    )

    assert len(found) == 5
    assert any("brands.0.timezone: found 'Europe/Berln'; write a time zone" in p for p in found)
    assert any("policy.undo_seconds: found 'soon';" in p for p in found)


def test_an_incident_line_is_a_whole_sentence(tmp_path: Path) -> None:
    line = "Our checkout is down, and we are working on it."

    (problem,) = problems_of(tmp_path, BRAND + "incident_lines = ['Sorry']\n")
    (blank,) = problems_of(tmp_path, BRAND + f"incident_lines = ['{' ' * 30}']\n")
    brand = load(written(tmp_path, BRAND + f"incident_lines = ['{line}']\n")).brands[0]

    assert "brands.0.incident_lines.0: found 'Sorry'" in problem
    assert "at least 20 characters" in problem
    assert "at least 20 characters" in blank
    assert brand.incident_lines == (line,)


def test_quiet_hours_that_never_end_are_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, BRAND + "[policy]\nquiet_hours = '22:00-22:00'\n")

    assert "policy.quiet_hours: found '22:00-22:00'; nothing would ever be sent" in problem
    assert 'write two different times, such as "22:00-07:00", or "" for never' in problem


@pytest.mark.parametrize("written", ["0s", "59m"])
def test_a_silence_that_has_hardly_begun_closes_no_case(tmp_path: Path, written: str) -> None:
    (problem,) = problems_of(tmp_path, BRAND + f"[engine]\nclose_after = '{written}'\n")

    assert f"engine.close_after: found '{written}'; what waits for customers would" in problem
    assert 'write at least "1h", such as "14d"' in problem


def test_a_silence_of_an_hour_and_a_quiet_night_are_allowed(tmp_path: Path) -> None:
    text = "[engine]\nclose_after = '1h'\n[policy]\nquiet_hours = '22:00-07:00'\n"

    file = load(written(tmp_path, BRAND + text)).file

    assert file.engine.close_after == timedelta(hours=1)
    assert file.policy.quiet_hours == "22:00-07:00"


def test_a_threshold_is_chosen_in_one_way(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, BRAND + "[judge]\nthreshold = 0.5\nprecision = 0.9\n")

    assert "judge: threshold and precision exclude one another" in problem
    assert "keep one of them" in problem


@pytest.mark.parametrize("key", ["threshold = 1.5", "precision = 0", "alerts_per_day = -1"])
def test_an_impossible_aim_is_named(tmp_path: Path, key: str) -> None:
    (problem,) = problems_of(tmp_path, BRAND + f"[judge]\n{key}\n")

    assert f"judge.{key.partition(' ')[0]}: found" in problem


def test_a_token_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (problem,) = problems_of(
        tmp_path,
        BRAND + "[slack]\nchannel = 'C1'\nbot_token = 'xoxb-very-secret'\napp_token = 'env:HOME'\n",
    )

    assert "slack.bot_token" in problem
    assert 'write "env:NAME"' in problem
    assert "very-secret" not in problem


@pytest.mark.parametrize(
    "address", ["ftp://ann:very-secret@shop.example", "llm.example/v1?apikey=very-secret"]
)
def test_a_key_in_an_address_is_not_repeated(tmp_path: Path, address: str) -> None:
    (problem,) = problems_of(tmp_path, BRAND + f"[writer]\nmodel = 'm'\napi_url = '{address}'\n")

    assert "writer.api_url: found" in problem
    assert "very-secret" not in problem


def test_pages_for_customers_are_whole_addresses(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, BRAND + "privacy_url = 'shop.example/privacy'\n")

    assert 'found "shop.example/privacy"' in problem.replace("'", '"')
    assert "write a whole address such as" in problem


def test_a_brand_has_its_privacy_notice(tmp_path: Path) -> None:
    brand = load(written(tmp_path, BRAND + "privacy_url = 'https://acme.example/p'\n")).brands[0]

    assert brand.privacy_url == "https://acme.example/p"


def test_a_missing_secret_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AMENDS_T", raising=False)
    text = BRAND + "[slack]\nchannel = 'C1'\nbot_token = 'env:AMENDS_T'\napp_token = 'env:HOME'\n"

    (problem,) = problems_of(tmp_path, text)

    assert "the environment variable AMENDS_T is not set or empty" in problem
    assert load(tmp_path / "config.toml", secrets=False).file.slack is not None


def test_no_repr_shows_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_T", "xoxb-very-secret")
    settings = load(
        written(
            tmp_path,
            BRAND
            + "[slack]\nchannel = 'C1'\nbot_token = 'env:AMENDS_T'\napp_token = 'env:AMENDS_T'\n",
        )
    )

    assert settings.file.slack is not None
    assert settings.file.slack.bot_token.get_secret_value() == "xoxb-very-secret"
    assert "very-secret" not in repr(settings)


def test_socket_mode_wants_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_T", "x")

    (problem,) = problems_of(
        tmp_path, BRAND + "[slack]\nchannel = 'C1'\nbot_token = 'env:AMENDS_T'\n"
    )

    assert "slack.app_token is missing" in problem


def test_a_platform_that_is_switched_off_may_be_half_configured(tmp_path: Path) -> None:
    settings = load(written(tmp_path, BRAND + "[connectors.reddit]\nenabled = false\n"))

    assert settings.connectors == {}


def test_a_platform_names_a_brand_that_exists(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, BRAND + "[connectors.samples]\nbrand = 'Acne'\n")

    assert 'connectors.samples.brand: found "Acne", which is none of the brands' in problem
    assert 'did you mean "Acme"?' in problem


def test_a_brand_name_stands_once(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, BRAND + BRAND)

    assert '"Acme" stands twice' in problem


def test_credits_are_in_one_currency(tmp_path: Path) -> None:
    credit = (
        "[policy.credit]\nsuggested = '10 EUR'\ncap_per_case = '25 USD'\n"
        "monthly_budget = '500 EUR'\ncodes_file = 'codes.csv'\n"
    )

    (problem,) = problems_of(tmp_path, BRAND + credit)

    assert "policy.credit: one currency" in problem


def test_credits_and_files_are_read_relative_to_the_settings(tmp_path: Path) -> None:
    credit = (
        "[policy.credit]\nsuggested = '10 EUR'\ncap_per_case = '25.00 EUR'\n"
        "monthly_budget = '500 EUR'\ncodes_file = 'codes.csv'\n[database]\nurl = 'sqlite:///a.db'\n"
    )

    settings = load(written(tmp_path, BRAND + credit))

    assert settings.policy.credit is not None
    assert settings.policy.credit.cap_per_case == Money(minor=2500, currency="EUR")
    assert settings.policy.credit.codes_file == str(tmp_path / "codes.csv")
    assert settings.database_url == f"sqlite:///{tmp_path / 'a.db'}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"\xff\xfe[", "is not UTF-8"),
        (b"[[brands]\n", "is not valid TOML"),
        (b"#" * (1024 * 1024 + 1), "is over 1 MiB"),
    ],
)
def test_an_unusable_file_is_named_with_the_reason(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match=said):
        load(path)


def test_a_file_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist: write one with amends init"):
        load(tmp_path / "config.toml")


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path)


def test_connectors_must_be_tables(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, 'connectors = "reddit"\n' + BRAND)

    assert "connectors must be tables" in problem


def test_a_file_without_a_brand_says_so(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "[judge]\n")

    assert "brands is missing: add it" in problem


def test_defaults_need_no_file() -> None:
    settings = defaults("Acme")

    assert settings.brands[0].name == "Acme"
    assert settings.database_url == "sqlite:///amends.db"
    assert settings.folder == Path()


def test_a_connector_belongs_to_its_brand_or_the_first(tmp_path: Path) -> None:
    two = BRAND + '[[brands]]\nname = "Bolt"\n[connectors.samples]\n'

    assert load(written(tmp_path, two)).brand_of("samples").name == "Acme"
    assert load(written(tmp_path, two + "brand = 'Bolt'\n")).brand_of("samples").name == "Bolt"


@given(number=st.integers(0, 36_500), unit=st.sampled_from("smhd"))
def test_every_duration_that_is_allowed_is_read(number: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit]

    assert parse_duration(f"{number}{unit}") == timedelta(seconds=number * seconds)


@pytest.mark.parametrize("written_as", ["36501d", "999999d", "876001h"])
def test_a_time_before_the_calendar_began_is_never_asked_for(written_as: str) -> None:
    with pytest.raises(ValueError, match='write at most "36500d"'):
        parse_duration(written_as)


def test_the_pretend_platform_never_stands_beside_a_real_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_T", "x")

    (problem,) = problems_of(
        tmp_path,
        BRAND + "[connectors.samples]\n[connectors.twitter]\nbearer_token = 'env:AMENDS_T'",
    )

    assert "connectors.samples plays every platform" in problem
    assert "what is meant for twitter could go to it" in problem


@pytest.mark.parametrize("written_as", ["", "1", "h", "1 hour", "-1h", "1.5h"])
def test_a_duration_written_otherwise_says_how(written_as: str) -> None:
    with pytest.raises(ValueError, match="write a number and s, m, h or d"):
        parse_duration(written_as)


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(SettingsError) as caught:
        check({"brands": [{"name": "A", "voice": "x" * 500}]}, Path("c.toml"))

    assert len(caught.value.problems[0]) < 250


def test_one_line_says_how_many_more_there_are() -> None:
    with pytest.raises(SettingsError, match=r"\(and 1 more: run amends check\)"):
        check({"brands": [{"name": "A", "voice": "x", "timezone": "y"}]}, Path("c.toml"))


@pytest.mark.parametrize(
    "address",
    ["https://llm.example/v1", "http://127.0.0.1:9/v1", "http://10.0.0.5/v1/", "http://ollama/v1"],
)
def test_a_writer_is_asked_where_nobody_can_listen(tmp_path: Path, address: str) -> None:
    table = f'[writer]\napi_url = "{address}"\nmodel = "m"\n'

    settings = load(written(tmp_path, BRAND + table))

    assert settings.file.writer is not None
    assert settings.file.writer.api_url == address.rstrip("/")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://llm.example/v1", "write https"),
        ("ftp://llm.example", "write an address such as"),
        ("https://key@llm.example/v1", "write only the address"),
        ("https://llm.example/v1?key=1", "write only the address"),
        ("llm", "write an address such as"),
    ],
)
def test_a_writers_address_that_cannot_be_used_says_why(
    tmp_path: Path, address: str, words: str
) -> None:
    table = f'[writer]\napi_url = "{address}"\nmodel = "m"\n'

    (problem,) = problems_of(tmp_path, BRAND + table)

    assert "writer.api_url" in problem
    assert words in problem


def test_a_writer_without_a_model_says_so(tmp_path: Path) -> None:
    table = '[writer]\napi_url = "https://llm.example/v1"\napi_key = "sk-plain"\n'

    found = problems_of(tmp_path, BRAND + table)

    assert any("writer.model is missing" in line for line in found)
    assert any('write "env:NAME"' in line for line in found)
    assert not any("sk-plain" in line for line in found)
