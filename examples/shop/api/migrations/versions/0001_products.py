"""Products, with the first three of them."""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None


def upgrade():
    products = op.create_table(
        'products',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('name', sa.Text, nullable=False, unique=True),
        sa.Column('price', sa.Integer, nullable=False, comment='in cents'),
    )
    op.bulk_insert(
        products,
        [{'name': 'Anchor', 'price': 8900}, {'name': 'Compass', 'price': 2450}, {'name': 'Rope, 20 m', 'price': 1990}],
    )


def downgrade():
    op.drop_table('products')
