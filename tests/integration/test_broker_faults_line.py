"""What a line and a broken server can do to the frame of an answer: one right error each, and life goes on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping

import pytest

from broker_support import AGENT_JSON
from brokkr_core.errors import BrokerUnreachableError, NotABrokerError
from fault_support import Fault, survives
from raw_line import Trick, answer, drip, flood, reset, then_reset, then_silence

LARGE = "larger than 100000 bytes"
JSON = "Content-Type: application/json"
HEAD = f"HTTP/1.1 200 OK\r\n{JSON}\r\n".encode()
BODY = json.dumps(AGENT_JSON).encode()
PACKED = gzip.compress(BODY)
WAVE = b" " * 65_536
KEEP = f"{JSON}\nConnection: keep-alive"
ZIPPED = f"{JSON}\nContent-Encoding: gzip"


def sized(length: str, body: bytes = BODY) -> bytes:
    return HEAD + "".join(f"Content-Length: {one}\r\n" for one in length.split("|")).encode() + b"\r\n" + body


def chunked(chunks: bytes) -> bytes:
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks


#: The frame is broken.
BROKEN: dict[str, Trick] = {
    "closed before the answer": b"",
    "reset before the answer": reset,
    "reset in the status line": then_reset(b"HTTP/1.1 2"),
    "half a status line": b"HTTP/1.",
    "half the headers": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "reset after the headers": then_reset(sized("500", b"")),
    "reset in the body": then_reset(sized("500", BODY[:40])),
    "content-length too long": sized(str(len(BODY) + 7)),
    "content-length negative": sized("-1"),
    "content-length no number": sized("many"),
    "content-length twice, differing": sized(f"{len(BODY)}|{len(BODY) + 1}"),
    "content-length of 30 digits": sized("1" * 30),
    "chunk size no number": chunked(b"zz\r\n" + BODY),
    "chunk size negative": chunked(b"-5\r\n" + BODY),
    "chunk cut off": chunked(b"fff\r\n" + BODY),
    "chunk without its line end": chunked(b"5\r\n[1,2]5\r\n"),
    "no last chunk": chunked(b"%x\r\n%b\r\n" % (len(BODY), BODY)),
    "unknown transfer-encoding": HEAD + b"Transfer-Encoding: rot13\r\n\r\n" + BODY,
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a frame of HTTP/2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80",
    "HTTP/0.9": BODY,
    "a banner of SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "an alert of TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "a status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "a status below 100": b"HTTP/1.1 099 No\r\n\r\n",
    "a status in words": b"HTTP/1.1 OK 200\r\n\r\n",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
    "a header with a space in its name": b"HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n",
    "a NUL in a header": b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
    "headers without end": flood(b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"x" * 4000 + b"\r\n"),
    "a header without end": flood(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65_536),
    "a status line without end": flood(b"HTTP/1.1 200 ", b"x" * 65_536),
    "a chunk extension without end": flood(chunked(b"5;x="), b"x" * 65_536),
    "trailers without end": flood(chunked(b"2\r\n[]\r\n0\r\n"), b"X: " + b"x" * 4000 + b"\r\n"),
    "another protocol unasked": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello",
    "white space without end": flood(b"", b"\r\n" * 1000),
}

#: More comes than anybody wants.
FLOODS: dict[str, Trick] = {
    "a body without end": flood(HEAD + b"\r\n", WAVE),
    "a huge body": flood(sized("9999999999", b""), WAVE),
    "chunks without end": flood(chunked(b""), b"10000\r\n" + WAVE + b"\r\n"),
    "one huge chunk": flood(chunked(b"7fffffff\r\n"), WAVE),
    "a bomb of gzip": answer(gzip.compress(b" " * 50_000_000), headers=ZIPPED),
}

#: Too slow.
SILENCE = {
    "silence": then_silence(b""),
    "silence in the headers": then_silence(HEAD[:30]),
    "silence in the body": then_silence(sized("500")),
}
DROPS = {
    "headers in drops": drip(HEAD + b"X: ", b"x", 0.05),
    "a body in drops": drip(sized("500000", b""), b" ", 0.05),
    "chunks in drops": drip(chunked(b""), b"1\r\n \r\n", 0.05),
    "early hints for ever": drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05),
}

#: Not packed as announced.
SPOILT = {
    "no gzip at all": BODY,
    "gzip cut off": PACKED[:-20],
    "gzip without its checksum": PACKED[:-8],
    "gzip with a wrong checksum": PACKED[:-8] + b"\x00" * 8,
    "bytes after gzip": PACKED + b"more",
}

#: The frame is good and there is nothing in it.
HOLLOW = {
    "content-length too short": (sized("40"), "broken JSON"),
    "brotli unasked": (answer(b"\x0b", headers=f"{JSON}\nContent-Encoding: br"), "'br', which nobody asked for"),
}

#: Odd, and no fault: what is left over must not be taken for the answer to the next request.
FINE = {
    "two answers to one question": answer(BODY, headers=KEEP) + answer(b"[]"),
    "half an answer more": answer(BODY, headers=KEEP) + b"HTTP/1.1 200 OK\r\nX: ",
    "content-length twice, the same": sized(f"{len(BODY)}|{len(BODY)}"),
    "an answer of HTTP/1.0": b"HTTP/1.0 200 OK\r\n" + JSON.encode() + b"\r\n\r\n" + BODY,
    "an early hint": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(BODY),
    "a length and chunks": HEAD
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    "line feeds alone": answer(BODY).replace(b"\r\n", b"\n"),
    "gzip": answer(PACKED, headers=ZIPPED),
    "gzip in chunks": HEAD
    + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(PACKED), PACKED),
}


def unreachable(tricks: Mapping[str, Trick], words: str) -> list[Fault]:
    return [Fault(name=name, trick=trick, error=BrokerUnreachableError, words=words) for name, trick in tricks.items()]


FAULTS = [
    *unreachable(BROKEN, "the connection broke"),
    *unreachable(SILENCE, "no answer in time"),
    *unreachable(DROPS, "took more than 1 s"),
    *unreachable({name: answer(body, headers=ZIPPED) for name, body in SPOILT.items()}, "answer is damaged"),
    *(Fault(name=name, trick=trick, error=NotABrokerError, status=200, words=LARGE) for name, trick in FLOODS.items()),
    *(
        Fault(name=name, trick=trick, error=NotABrokerError, status=200, words=words)
        for name, (trick, words) in HOLLOW.items()
    ),
    *(Fault(name=name, trick=trick, error=None) for name, trick in FINE.items()),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_the_line_is_one_error_and_no_more(fault: Fault) -> None:
    survives(fault)
