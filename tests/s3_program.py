"""All servers of OpenStack Swift in one process: it starts in a third of the time four of them need.

Run with the Python of the Debian packages: `python3 s3_program.py FOLDER PORT PORT PORT PORT`, in a folder that
`tests.s3` filled before.
"""

import os
import sys

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi  # noqa: E402
from swift.common import utils  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import SwiftHttpProtocol, loadapp  # noqa: E402

STORAGE = ("object", "container", "account")


def main(folder: str, *ports: str) -> None:
    """Answer on these ports (proxy, object, container, account) until killed."""
    # The rings and the secret of this folder, whatever the machine has in /etc.
    utils.set_swift_dir(folder)
    for kind, port in zip(STORAGE, ports[1:], strict=True):
        ring = RingBuilder(4, 1, 1)
        ring.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "disk", "weight": 1})
        ring.rebalance()
        ring.get_ring().save(os.path.join(folder, f"{kind}.ring.gz"))
    threads = []
    for kind, port in zip(("proxy", *STORAGE), ports, strict=True):
        listener = eventlet.listen(("127.0.0.1", int(port)))
        app = loadapp(os.path.join(folder, f"{kind}.conf"))
        # Capital letters in "ETag" must stay: clients of S3 ask for exactly that name.
        options = {"protocol": SwiftHttpProtocol, "capitalize_response_headers": False, "log_output": False}
        threads.append(eventlet.spawn(wsgi.server, listener, app, **options))
    for thread in threads:
        thread.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
