"""Files for stores, and two buckets of the test's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any

from messages_site.buckets import bucket_stores
from supporters.bucket import Bucket
from supporters.storing import Store
from tests.s3 import S3Server


@cache
def owner(server: S3Server) -> Any:
    """Whoever makes the buckets; made once, because a client takes a third of a second."""
    options = {"endpoint_url": server.endpoint, "access_key": server.access_key, "secret_key": server.secret_key}
    return Bucket(bucket_name="", region_name="us-east-1", **options).connection.meta.client


def configuration(server: S3Server) -> dict[str, dict[str, object]]:
    """Two new buckets, as the settings would name them."""
    mark = token_hex(4)
    given = {"S3_BUCKET": f"private-{mark}", "S3_PUBLIC_BUCKET": f"public-{mark}", "S3_ENDPOINT": server.endpoint}
    given |= {"S3_ACCESS_KEY": server.access_key, "S3_SECRET_KEY": server.secret_key, "S3_REGION": ""}
    stores = bucket_stores(given)
    client = owner(server)
    for name in ("S3_BUCKET", "S3_PUBLIC_BUCKET"):
        client.create_bucket(Bucket=given[name])
    client.close()
    return stores


def written(folder: Path, content: bytes = b"0123456789", name: str = "source") -> Path:
    path = folder / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def names(store: Store, prefix: str = "") -> list[str]:
    return sorted(entry.name for entry in store.entries(prefix))
