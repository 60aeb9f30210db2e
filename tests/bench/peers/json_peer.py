"""A page read by orjson alone, and its times made into datetimes: what no client can do without."""

from datetime import datetime

from load import Options, request, run_blocking

options = Options()
import orjson  # noqa: E402

pipeline = {**request(), "CreatedTimestamp": "2024-02-29T12:34:56.789Z", "UpdatedTimestamp": "2024-02-29T12:35:07.123Z"}
page = orjson.dumps({"MediaCapturePipelines": [pipeline] * 99})


def read():
    for found in orjson.loads(page)["MediaCapturePipelines"]:
        for name in ("CreatedTimestamp", "UpdatedTimestamp"):
            found[name] = datetime.fromisoformat(found[name].replace("Z", "+00:00"))


run_blocking(options, read)
