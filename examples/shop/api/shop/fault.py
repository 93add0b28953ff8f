"""Rehearsed faults, chosen when the image is built. README.md says what each of them does."""

import itertools
import os
import signal
import sys
import threading
import time

FAULT = os.environ.get('APP_FAULT', 'none')

_answers = itertools.count(1)


def start():
    """To be called before anything else is done."""
    if FAULT == 'crash-at-start':
        sys.exit('Crashed at start, as rehearsed.')
    if FAULT == 'crash-after-10s':
        timer = threading.Timer(10, _crash)
        timer.daemon = True
        timer.start()
    if FAULT == 'slow-start':
        # Nobody else would hear a SIGTERM yet.
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        print('Starts slowly, as rehearsed.', flush=True)
        time.sleep(20)
        signal.signal(signal.SIGTERM, before)


def is_healthy():
    return FAULT != 'never-healthy'


def error_is_due():
    """True for each twentieth call: 5 % of the answers."""
    return FAULT == 'errors' and next(_answers) % 20 == 0


def _crash():
    print('Crashed after 10 seconds, as rehearsed.', file=sys.stderr, flush=True)
    os._exit(1)
