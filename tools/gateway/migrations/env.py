"""Runs the steps for Alembic, over the connection that it was given: tools/gateway/migrations/__init__.py."""

from alembic import context

from tools.gateway.tables import META

# SQLite changes no column in place: a step's batch makes the table anew and copies the rows
context.configure(connection=context.config.attributes["connection"], target_metadata=META, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
