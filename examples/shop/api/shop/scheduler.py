"""Leaves a heartbeat every two seconds, and queues again the orders that nobody has done for a minute.

Exactly one scheduler is meant to run: two containers whose heartbeats interleave are two at once.
"""

from datetime import timedelta

from sqlalchemy import func

from shop import jobs
from shop.database import engine, heartbeats, orders
from shop.process import CONTAINER, log, run

PAUSE_SECONDS = 2
FORGOTTEN = timedelta(minutes=1)
KEPT = timedelta(hours=1)


def tick():
    with engine.begin() as connection:
        connection.execute(heartbeats.insert().values(name='scheduler', container=CONTAINER, at=func.clock_timestamp()))
        connection.execute(heartbeats.delete().where(heartbeats.c.at < func.now() - KEPT))
        forgotten = connection.execute(
            orders.select().where(orders.c.state == 'received', orders.c.received_at < func.now() - FORGOTTEN)
        ).all()
    for order in forgotten:
        log.warning('Order %s was forgotten: it is queued again.', order.id)
        jobs.put(order.id)


if __name__ == '__main__':
    run('Scheduler', tick, pause=PAUSE_SECONDS)
