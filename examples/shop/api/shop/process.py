"""What the worker and the scheduler share: rounds until SIGTERM, and a file that shows that they are alive."""

import logging
import os
import pathlib
import signal
import socket
import threading

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from shop import fault

VERSION = os.environ.get('APP_VERSION', 'dev')
CONTAINER = socket.gethostname()
ALIVE = pathlib.Path('/tmp/alive')

log = logging.getLogger('shop')


def start_logging():
    level = os.environ.get('LOG_LEVEL', 'info').upper()
    logging.basicConfig(level=level, format='%(levelname)s %(message)s')


def run(name, one_round, *, before=lambda: None, pause=0.0):
    """Makes one round after the other until SIGTERM, which lets the round under way come to its end.

    `before` is called first, and again after the database or Redis was away. That is no reason to restart this process,
    so it goes on being healthy.
    """
    start_logging()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    fault.start()
    log.info('%s %s starts.', name, VERSION)
    prepared = False
    while not stop.is_set():
        if fault.is_healthy():
            ALIVE.touch()
        try:
            if not prepared:
                before()
                prepared = True
            one_round()
            stop.wait(pause)
        except (RedisError, SQLAlchemyError) as error:
            log.error('Trying again in a second: %s', error)
            prepared = False
            stop.wait(1)
    log.info('%s %s ends.', name, VERSION)
