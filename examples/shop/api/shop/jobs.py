"""The queue of orders on Redis. Doing a job twice changes nothing, so when in doubt it is queued again."""

import os

import redis

WAITING = 'orders:waiting'
TAKEN = 'orders:taken'

client = redis.Redis.from_url(
    os.environ.get('REDIS_URL', 'redis://redis:6379/0'), decode_responses=True, socket_connect_timeout=3
)


def put(order_id):
    client.lpush(WAITING, order_id)


def take(seconds):
    """The id of the next order, or None when there was none for so long. It stays on a second list until `finish`."""
    return client.blmove(WAITING, TAKEN, seconds, 'RIGHT', 'LEFT')


def finish(order_id):
    client.lrem(TAKEN, 1, order_id)


def put_back_taken():
    """Queues what a worker took and never finished."""
    while client.lmove(TAKEN, WAITING, 'LEFT', 'RIGHT') is not None:
        pass
