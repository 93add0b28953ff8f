"""A rehearsed failure: half of this revision stays, the other half never happens."""

from pathlib import Path

from alembic import op

revision = '9999'
# It comes last, whatever there is; revisions here are numbered.
down_revision = max(path.name[:4] for path in Path(__file__).parent.glob('*.py') if path.name[:4] < revision)


def upgrade():
    # An index is built concurrently outside of any transaction, so nobody takes it back.
    with op.get_context().autocommit_block():
        op.execute('CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_received_at ON orders (received_at)')
    op.execute('CREATE TABLE discounts (id integer PRIMARY KEY)')
    raise RuntimeError('The migration failed half-way, as rehearsed.')


def downgrade():
    op.execute('DROP INDEX IF EXISTS orders_received_at')
