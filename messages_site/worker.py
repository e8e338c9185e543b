"""One job worker: `python -m messages_site.worker short|photos|media`."""

from __future__ import annotations

import os
import signal
import sys


def main(queue: str) -> None:
    """Work on `queue` until SIGTERM. Ctrl-C is for the supervisor: django-q may hang on it with a full queue."""
    # django-q reads its queue from here, while Django starts.
    os.environ["Q_CLUSTER_NAME"] = queue
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "messages_site.settings")
    import django

    django.setup()
    from django_q.cluster import Cluster

    cluster = Cluster()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cluster.start()
    cluster.sentinel.join()


if __name__ == "__main__":
    if sys.argv[1:] not in (["short"], ["photos"], ["media"]):
        sys.exit("worker: give the queue: short, photos or media")
    main(sys.argv[1])
