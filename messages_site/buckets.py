"""The two buckets that files lie in instead of folders, from their settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

NAMES = ("S3_BUCKET", "S3_PUBLIC_BUCKET", "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_REGION")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BadBucket(ValueError):
    """A value that cannot be used; `name` is the setting it came from."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


def bucket_stores(given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The entries `private` and `public` of Django's STORAGES; none when no bucket is named. Raises `BadBucket`."""
    if not any(given[name] for name in NAMES):
        return {}
    for name in NAMES[:-1]:
        if not given[name]:
            raise BadBucket(name, "is missing: storing in buckets needs " + ", ".join(NAMES[:-1]))
    for name in NAMES[:2]:
        if not BUCKET.fullmatch(given[name]):
            raise BadBucket(name, "is not a name of a bucket (3 to 63 of a-z, 0-9, . and -)")
    if given["S3_BUCKET"] == given["S3_PUBLIC_BUCKET"]:
        raise BadBucket("S3_PUBLIC_BUCKET", "must not be S3_BUCKET: private and public files never share one")
    origin_of(given["S3_ENDPOINT"])
    shared = {
        "endpoint_url": given["S3_ENDPOINT"].rstrip("/"),
        "access_key": given["S3_ACCESS_KEY"],
        "secret_key": given["S3_SECRET_KEY"],
        "region_name": given["S3_REGION"] or "us-east-1",
    }
    buckets = {"private": given["S3_BUCKET"], "public": given["S3_PUBLIC_BUCKET"]}
    return {
        alias: {"BACKEND": "supporters.bucket.Bucket", "OPTIONS": {"bucket_name": bucket, **shared}}
        for alias, bucket in buckets.items()
    }


def origin_of(endpoint: str) -> str:
    """Scheme and host of the server, as a Content-Security-Policy names it. Raises `BadBucket`."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        raise BadBucket("S3_ENDPOINT", "is not an address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise BadBucket("S3_ENDPOINT", "must be the address of a server, such as https://objects.example")
    if re.search(r"[^\w.:\[\]-]", parts.netloc, re.ASCII):
        raise BadBucket("S3_ENDPOINT", "must hold no name, password or other signs")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise BadBucket("S3_ENDPOINT", "must begin with https:// (http:// is for this machine only)")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")
