"""The database and its tables. The migrations own the schema; this is what the code reads and writes of it."""

import os

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text, create_engine
from sqlalchemy.engine import URL

# Made of its parts, so that a password may hold any character.
engine = create_engine(
    URL.create(
        'postgresql+psycopg2',
        host=os.environ.get('POSTGRES_HOST', 'db'),
        port=int(os.environ.get('POSTGRES_PORT', '5432')),
        database=os.environ.get('POSTGRES_DB', 'shop'),
        username=os.environ.get('POSTGRES_USER', 'shop'),
        password=os.environ.get('POSTGRES_PASSWORD', 'shop'),
    ),
    pool_pre_ping=True,
    connect_args={'connect_timeout': 3},
)

metadata = MetaData()

products = Table(
    'products',
    metadata,
    Column('id', Integer, primary_key=True),
    Column('name', Text),
    Column('price', Integer),
)

orders = Table(
    'orders',
    metadata,
    Column('id', Integer, primary_key=True),
    Column('product_id', Integer),
    Column('quantity', Integer),
    Column('state', Text),
    Column('received_at', DateTime(timezone=True)),
    Column('done_at', DateTime(timezone=True)),
    Column('done_by', Text),
)

heartbeats = Table(
    'heartbeats',
    metadata,
    Column('id', Integer, primary_key=True),
    Column('name', Text),
    Column('container', Text),
    Column('at', DateTime(timezone=True)),
)
