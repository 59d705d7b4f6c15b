"""The schema in code and the one that the migrations make are the same."""

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
        name: {line.strip().rstrip(",").strip() for line in sql.split("\n")}
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
