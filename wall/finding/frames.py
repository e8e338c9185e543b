"""The page around found letters, kept for some seconds: it is the same for everybody who chose the same.

It is rendered with marks in the places of the words, the letters and the number the next page begins with; nothing a
reader wrote is kept.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from time import monotonic

MOST = 200  # about 12 kB each
# How old the figures in it may be.
SECONDS = 10.0
# Random, so that nobody can write them; letters and figures only, so that no escaping changes them.
WORDS, LETTERS, BEFORE = (f"x{secrets.token_hex(12)}" for _mark in range(3))

_kept: OrderedDict[Hashable, tuple[float, str]] = OrderedDict()
_lock = threading.Lock()


def page(key: Hashable, render: Callable[[], str], filled: Mapping[str, str]) -> str:
    """The frame of `key`, rendered when it is not there or old, with its marks `filled`: all of it HTML."""
    now = monotonic()
    with _lock:
        made, frame = _kept.get(key, (0.0, ""))
    if not frame or now - made > SECONDS:
        frame = render()
        with _lock:
            _kept[key] = now, frame
            while len(_kept) > MOST:
                _kept.popitem(last=False)
    for mark, html in filled.items():
        frame = frame.replace(mark, html)
    return frame


def forget() -> None:
    """Have every frame rendered again."""
    with _lock:
        _kept.clear()
