"""Takes orders from the queue and gets them done."""

import time

from sqlalchemy import func

from shop import jobs
from shop.database import engine, orders
from shop.process import CONTAINER, log, run

PACKING_SECONDS = 0.2


def work():
    order_id = jobs.take(seconds=1)
    if order_id is None:
        return
    time.sleep(PACKING_SECONDS)
    with engine.begin() as connection:
        connection.execute(
            orders.update()
            .where(orders.c.id == int(order_id), orders.c.state == 'received')
            .values(state='done', done_at=func.now(), done_by=CONTAINER)
        )
    jobs.finish(order_id)
    log.info('Order %s is done.', order_id)


if __name__ == '__main__':
    run('Worker', work, before=jobs.put_back_taken)
