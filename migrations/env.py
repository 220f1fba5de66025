"""Alembic's environment: the connection is handed over by `ieom.records.migrate`, or made from the settings."""

from alembic import context

from ieom.records import schema
from ieom.records.base import connect
from ieom.settings import settings


def run(connection: object) -> None:
    """Run the migrations on a connection."""
    context.configure(
        connection=connection,
        target_metadata=schema.metadata,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with connect(settings().database).connect() as own, own.begin():
        run(own)
