import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from monitor.store import Store, StoreError
from monitor.store.engine import Database, back_up, shown
from monitor.store.errors import Unreachable
from tests.databases import Postgres, SqliteFiles
from tests.monitor.posts import BRAND, NOW, action, case, change, ingest, post

PASSWORD = "hunter2"
DAY = timedelta(days=1)
#: SQLite's words for reading every row of a table.
WHOLE_TABLE = re.compile(r"SCAN (mention|verdict|case|case_mention|action|audit|credit|promise)")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("amends.db", "no database address"),
        ("", "no database address"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("mysql://root@localhost/x", "'mysql' is not supported"),
        (f"mysql://root:{PASSWORD}@localhost/x", "'mysql' is not supported"),
        (f"::{PASSWORD}::", "no database address"),
        ("sqlite:////nowhere/at/all/amends.db", "No such file or directory"),
        (f"postgresql://eva:{PASSWORD}@127.0.0.1:1/amends", "cannot be used"),
        (f"postgres://eva:{PASSWORD}@127.0.0.1:1/amends?password={PASSWORD}", "cannot be used"),
    ],
)
def test_an_address_that_does_not_work_says_what_to_do(url: str, words: str) -> None:
    with pytest.raises(Unreachable, match=words) as caught:
        Store.open(url).close()

    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "[database] url" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///amends.db", "sqlite:///amends.db"),
        (
            f"postgresql://eva:{PASSWORD}@db.example:5433/amends?password={PASSWORD}",
            "postgresql://eva@db.example:5433/amends",
        ),
        ("postgresql://db.example/amends", "postgresql://db.example/amends"),
        ("postgresql:///amends", "postgresql:///amends"),
        (f"postgresql://eva:{PASSWORD}@db:port/x", "the database"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, expected: str) -> None:
    assert shown(url) == expected


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, this is not a database at all. " * 50)

    with pytest.raises(Unreachable, match="file is not a database"):
        Store.open(f"sqlite:///{path}")

    assert path.read_text().startswith("Dear diary")


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"

    with Store.open(f"sqlite:///{path}") as store:
        case(store, post(1))

        modes = {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}

    assert modes == {0o600}


def test_a_store_shows_where_it_is_and_closes_twice(store: Store) -> None:
    assert PASSWORD not in repr(store)
    assert repr(store).startswith("<Store ")

    store.close()
    store.close()


def test_sqlite_is_durable_and_watches_its_links(sqlite_files: SqliteFiles) -> None:
    with closing(Database(sqlite_files.fresh())) as database, database.read() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }

    full = 2
    assert found == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


def test_an_error_never_carries_what_a_customer_wrote(url: str) -> None:
    with closing(Database(url)) as database:
        statement = text("INSERT INTO label (brand_id, word) VALUES (:brand, :word)")

        with pytest.raises(IntegrityError) as caught, database.write() as connection:
            connection.execute(statement, {"brand": 1, "word": "Zanzibar"})

    assert "Zanzibar" not in str(caught.value).split("DETAIL")[0]


def test_an_exception_leaves_nothing_written(url: str) -> None:
    with closing(Database(url)) as database:
        statement = text("INSERT INTO meta (key, value) VALUES ('a', 'b')")

        def twice() -> None:
            with database.write() as connection:
                connection.execute(statement)
                connection.execute(statement)

        with pytest.raises(IntegrityError):
            twice()

        with database.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM meta")).scalar() == 0


def test_a_reader_sees_one_moment(url: str) -> None:
    count = text("SELECT count(*) FROM meta")
    with closing(Database(url)) as database, database.read() as reader:
        before = reader.execute(count).scalar()
        with database.write() as writer:
            writer.execute(text("INSERT INTO meta (key, value) VALUES ('a', 'b')"))

        assert reader.execute(count).scalar() == before == 0


def test_a_reader_cannot_write_on_postgresql(postgres: Postgres) -> None:
    with (
        postgres.fresh() as url,
        closing(Database(url)) as database,
        database.read() as connection,
        pytest.raises(DatabaseError, match="read-only"),
    ):
        connection.execute(text("INSERT INTO meta (key, value) VALUES ('a', 'b')"))


def test_a_lost_connection_is_replaced(postgres: Postgres) -> None:
    with postgres.fresh() as url, Store.open(url) as store:
        store.meta.put("a", "b")
        with closing(Database(url)) as other, other.write() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

        assert store.meta.get("a") == "b"


def test_many_threads_write_at_once(store: Store) -> None:
    def page(number: int) -> int:
        posts = [post(f"{number}-{each}") for each in range(5)]
        return len(ingest(store, *posts, post("shared")))

    with ThreadPoolExecutor(max_workers=8) as people:
        new = sum(people.map(page, range(16)))

    assert new == 16 * 5 + 1
    assert store.rollups.between(BRAND, NOW, NOW + DAY)[0].posts == new


def test_a_damaged_backup_is_no_backup(tmp_path: Path, sqlite_files: SqliteFiles) -> None:
    file = Path(sqlite_files.fresh().removeprefix("sqlite:///"))
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * (size - 4096))

    with pytest.raises(Unreachable, match=r"is damaged .* nothing was changed"):
        back_up(file, tmp_path / "copy.db")

    assert not (tmp_path / "copy.db").exists()


# -- the few rows that jobs look for are found by an index -------------------------------------


@contextmanager
def plans(store: Store) -> Iterator[list[str]]:
    """How SQLite goes about every question that is asked meanwhile."""
    engine = store._database.engine
    seen: list[str] = []
    asked: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", cast("tuple[object, ...]", parameters)
            )
            seen.extend(str(row[3]) for row in plan)


def test_jobs_find_their_work_by_index(sqlite_files: SqliteFiles) -> None:
    with Store.open(sqlite_files.fresh()) as store:
        opened = case(store, post(1), actions=(action(),))
        questions: dict[str, Callable[[], object]] = {
            "ix_mention_unjudged": store.mentions.unjudged,
            "ix_verdict_unfiled": store.mentions.unfiled,
            "ix_case_state": store.cases.to_suggest,
            "ix_case_unshown": store.cases.to_show,
            "ix_action_live": lambda: store.actions.due(NOW),
            "ix_action_retract": lambda: store.actions.due(NOW),
            "ix_case_author": lambda: store.cases.of_author(BRAND, "twitter", "7", NOW),
            "ix_mention_private": lambda: store.contact(opened),
            "ix_case_touched": lambda: store.cases.to_watch(NOW - DAY, NOW),
            "ix_promise_open": lambda: store.promises.due(NOW),
            "sqlite_autoindex_credit": lambda: store.credits.left(NOW),
            "ix_audit_case": lambda: store.audit.lines(opened.id),
            "sqlite_autoindex_action": lambda: store.actions.find("k"),
            "ix_case_mention_case": lambda: store.cases.get(opened.id),
        }
        for index, ask in questions.items():
            with plans(store) as seen:
                ask()

            used = " | ".join(seen)
            assert index in used
            assert not [step for step in seen if WHOLE_TABLE.fullmatch(step)], used


def test_a_store_error_is_one_kind_of_error() -> None:
    assert issubclass(Unreachable, StoreError)


def test_a_change_of_one_case_is_seen_at_once_by_another_thread(store: Store) -> None:
    opened = case(store, post(1))
    with ThreadPoolExecutor(max_workers=1) as other:
        change(store, opened, claimed_by="eva")

        assert other.submit(store.cases.get, opened.id).result().claimed_by == "eva"
