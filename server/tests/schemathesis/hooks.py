"""What Schemathesis does not know by itself of Souk's API: lines of JSON, and archives."""

import io
import json
import zipfile

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    """A list is one object a line; whatever else was made up is sent as it is."""
    if isinstance(value, bytes):
        return {"data": value}
    values = value if isinstance(value, list) else [value]
    return {"data": "\n".join(json.dumps(one, default=str) for one in values).encode()}


@schemathesis.deserializer("application/zip")
def archive(ctx, response):
    """An archive is described as bytes; that it is one is seen here."""
    zipfile.ZipFile(io.BytesIO(response.content)).testzip()
    return ""


@schemathesis.deserializer("image/svg+xml", "application/octet-stream")
def opaque(ctx, response):
    return ""
