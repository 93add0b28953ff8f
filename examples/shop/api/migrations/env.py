import logging

from alembic import context

from shop.database import engine

logging.basicConfig(level=logging.INFO, format='%(levelname)s %(message)s')

with engine.connect() as connection:
    # One transaction each, so that a revision which fails does not take back those before it.
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
