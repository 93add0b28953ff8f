"""Orders: received by the api, done by a worker."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'


def upgrade():
    op.create_table(
        'orders',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('product_id', sa.Integer, sa.ForeignKey('products.id'), nullable=False),
        sa.Column('quantity', sa.Integer, nullable=False),
        sa.Column('state', sa.Text, nullable=False, server_default='received'),
        sa.Column('received_at', sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column('done_at', sa.DateTime(timezone=True)),
        sa.Column('done_by', sa.Text, comment='the container of the worker'),
        sa.CheckConstraint('quantity > 0', name='orders_quantity'),
        sa.CheckConstraint("state IN ('received', 'done')", name='orders_state'),
    )


def downgrade():
    op.drop_table('orders')
