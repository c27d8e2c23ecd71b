"""Where Alembic's commands meet our connection: it is handed in, inside a transaction that holds the lock."""

from alembic import context

from vault_svc.adapters.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
