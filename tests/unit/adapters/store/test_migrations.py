"""The schema in code and the one that the migrations make are the same."""

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine

from ringback.adapters.store import opening
from ringback.adapters.store.opening import StoreFile, migrate
from ringback.adapters.store.schema import HEAD, metadata


def migrated(tmp_path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{tmp_path}/migrated.db")
    with engine.begin() as connection:
        migrate(connection)
    return engine


def ddl(connection: Connection) -> dict[str, set[str]]:
    """Give the columns, constraints and indexes of every table, as SQLite keeps them."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {
        # a column that was added later stands in the line of the one before
        name: {part.strip() for part in re.split("[\n,]", sql)} - {""}
        for name, sql in rows
        if name != "alembic_version"
    }


def test_replayed_migrations_leave_nothing_to_migrate(tmp_path: Path) -> None:
    engine = migrated(tmp_path)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_replayed_migrations_make_the_very_tables_of_the_schema(tmp_path: Path) -> None:
    replayed, fresh = migrated(tmp_path), create_engine(f"sqlite:///{tmp_path}/fresh.db")
    metadata.create_all(fresh)
    with replayed.connect() as one, fresh.connect() as other:
        assert ddl(one) == ddl(other)
    replayed.dispose()
    fresh.dispose()


def test_the_newest_revision_is_the_one_that_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(opening._MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_what_an_older_server_left_is_there_after_the_update(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        migrate(connection, "0001")
        connection.exec_driver_sql(
            "INSERT INTO deliveries"
            " (delivery_id, session_id, sub_account_id, type, created, state, due, attempts, body)"
            " VALUES ('d1', 's1', 'acme', 'VSS', 1, 'DEAD', 1, 3, x'7b7d')"
        )
        connection.exec_driver_sql("INSERT INTO subaccounts VALUES ('acme', 1, x'7b7d')")
        connection.exec_driver_sql(
            "INSERT INTO sessions (session_id, sub_account_id, request_id, created, trunk, state, callflow) VALUES"
            " ('waits', 'acme', 'r', 5.5, 'carrier', 'QUEUED', x'7b7d'),"
            " ('over', 'acme', 'r', 5.5, 'carrier', 'ENDED', x'7b7d')"
        )
        connection.exec_driver_sql("INSERT INTO virtual_numbers VALUES ('6512345678', 'acme', 'main')")
        key = ("ab" * 32, "acme", "till", 1.0, None)
        connection.exec_driver_sql("INSERT INTO api_keys VALUES (?, ?, ?, ?, ?)", key)
    engine.dispose()
    file = StoreFile(f"sqlite:///{path}", exclusive=True)
    engine = file.reading_engine(1)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT delivery_id, attempts, seconds FROM deliveries").fetchall()
        assert [tuple(row) for row in rows] == [("d1", 3, None)]
        assert connection.exec_driver_sql("SELECT count(*) FROM traces").scalar() == 0
        dues = connection.exec_driver_sql("SELECT session_id, due FROM sessions").fetchall()
        assert {tuple(row) for row in dues} == {("waits", 5.5), ("over", None)}
        row = connection.exec_driver_sql("SELECT msisdn, reference_id, created = updated FROM virtual_numbers").one()
        assert tuple(row) == ("6512345678", "main", 1)
        row = connection.exec_driver_sql("SELECT account_id FROM subaccounts JOIN accounts USING (account_id)").one()
        assert tuple(row) == ("default",)
        row = connection.exec_driver_sql("SELECT key_hash, key_id, name, scopes, created, revoked FROM api_keys").one()
        assert tuple(row) == ("ab" * 32, "ab" * 8, "till", "", 1.0, None)
    engine.dispose()
    file.release()


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    file = StoreFile(f"sqlite:///{tmp_path}/other.db", exclusive=True)
    file.path = tmp_path / "r.db"
    engine = file.writing_engine()

    def migrate_and_fail() -> None:
        with engine.begin() as connection:
            migrate(connection)
            assert "sessions" in ddl(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        migrate_and_fail()
    with engine.connect() as connection:
        assert ddl(connection) == {}
    engine.dispose()
    file.release()
