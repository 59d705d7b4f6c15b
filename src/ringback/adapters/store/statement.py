"""Statements of SQLAlchemy Core, compiled once to text and run on the driver's connection.

Compiling, even from a cache, costs SQLAlchemy more than SQLite needs to carry the statement out.
"""

import sqlite3
from typing import Any

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql import ClauseElement
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
