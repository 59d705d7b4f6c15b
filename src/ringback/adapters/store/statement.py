"""Statements of SQLAlchemy Core, compiled once to text and run on the driver's connection.

Compiling, even from a cache, costs SQLAlchemy more than SQLite needs to carry the statement out.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from sqlalchemy import literal_column
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql import ClauseElement, ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = SQLiteDialect_pysqlite(paramstyle="named")


class Statement:
    """A statement with named parameters."""

    __slots__ = ("_constants", "text")

    def __init__(self, clause: ClauseElement) -> None:
        """Compile a clause; the values of its open parameters are given when it is run."""
        compiled = clause.compile(dialect=_DIALECT)
        self.text = str(compiled)
        binds = compiled.binds if isinstance(compiled, SQLCompiler) else {}
        self._constants = {name: bind.effective_value for name, bind in binds.items() if not bind.required}

    def run(self, connection: sqlite3.Connection, **values: Any) -> sqlite3.Cursor:  # noqa: ANN401 - what SQLite takes
        """Carry the statement out. Raises sqlite3.Error, also for a parameter without a value."""
        return connection.execute(self.text, self._constants | values if self._constants else values)


def oldest_of_each(
    connection: sqlite3.Connection, statement: Statement, before: Mapping[str, float], limit: int
) -> list[tuple[Any, ...]]:
    """Give rows from before a time, by subaccount, `limit` in all.

    The statement takes `of_subaccount`, `before` and `limit`.
    """
    rows: list[tuple[Any, ...]] = []
    for name, moment in before.items():
        rows += statement.run(connection, of_subaccount=name, before=moment, limit=limit - len(rows))
        if len(rows) >= limit:
            break
    return rows


def literal(name: str) -> ColumnElement[str]:
    """Give a name of ours as it stands in a statement: only with one does SQLite use the partial indexes."""
    return literal_column(f"'{name}'")
