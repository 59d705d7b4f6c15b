"""What Alembic runs: the migrations, in the transaction of the connection that it is given."""

from alembic import context

from ringback.adapters.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
