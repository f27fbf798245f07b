"""The floor: read the socket, ``orjson.loads``, ``orjson.dumps``; no framework, no check, no state."""

import http.client
import sys

import orjson

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
connection.request("POST", "/v4/products/stream", b"{}", {"Content-Type": "application/json"})
answer, rest = connection.getresponse(), b""
while chunk := answer.read1(65_536):
    lines = (rest + chunk).split(b"\n")
    rest = lines.pop()
    for line in lines:
        record = orjson.loads(line)["result"]
        message = {"type": "RECORD", "stream": "products", "record": record}
        sys.stdout.buffer.write(orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE))
