"""A kept-alive connection to a node's API that costs next to nothing beside the answer."""
import http.client
import json
import re
import select
import socket
import time
import urllib.parse

PIECE = 1 << 20
TAIL = 16384
END = re.compile(rb"\r\n0\r\n((?:X-Oklog-[^\r\n]*\r\n)*)\r\n\Z")
SUMMARY = re.compile(rb"X-Oklog-Summary: ([^\r\n]*)")


def target(path, **parameters):
    parameters.setdefault("from", "24h")
    return f"{path}?{urllib.parse.urlencode(parameters, doseq=True)}"


class Answer:
    def __init__(self, ended, body, received, summary):
        self.ended = ended        # when the last byte was here
        self.body = body          # None where it was not kept
        self.received = received  # bytes, with head and frames
        self.summary = summary    # of the trailer; None where there was none


class Api:
    def __init__(self, address):
        self.address, self.buffer = address, bytearray(PIECE)
        self.connect()

    def connect(self):
        self.socket = socket.create_connection(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(600)

    def wake(self):
        """Nodes close connections that were idle for long: connects anew, so that no timed request has to."""
        if select.select([self.socket], [], [], 0)[0]:
            self.socket.close()
            self.connect()

    def close(self):
        self.socket.close()

    def get(self, path, keep=True):
        """The frames are taken apart only after the last byte, so that timing is the server's."""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        view, kept, tail, received, length = memoryview(self.buffer), [], b"", 0, None
        head = b""
        while True:
            got = self.socket.recv_into(view)
            if got == 0:
                raise SystemExit(f"the node broke off its answer to {path}")
            received += got
            if keep:
                kept.append(bytes(view[:got]))
            if length is None:
                head += bytes(view[:min(got, TAIL)])
                length = body_length(head, path)
            tail = (tail + bytes(view[max(0, got - TAIL):got]))[-TAIL:]
            if length is not None and complete(length, received, tail):
                break
        ended = time.monotonic()
        body = body_of(b"".join(kept), length) if keep else None
        summary = SUMMARY.search(tail)
        return Answer(ended, body, received, json.loads(summary[1]) if summary else None)


def body_length(head, path):
    """(bytes of the head, bytes of the body or None where it comes in chunks); None: not all here."""
    end = head.find(b"\r\n\r\n")
    if end < 0:
        return None
    if not head.startswith(b"HTTP/1.1 200 "):
        raise SystemExit(f"{path}: {head[:end].splitlines()[0].decode()}: {head[end + 4:end + 300].decode(errors='replace')}")
    said = re.search(rb"(?i)\r\nContent-Length: *(\d+)", head[:end])
    return end + 4, int(said[1]) if said else None


def complete(length, received, tail):
    head, body = length
    if body is not None:
        return received >= head + body
    return tail.endswith(b"\r\n\r\n") and END.search(tail) is not None


def body_of(message, length):
    head, body = length
    if body is not None:
        return message[head:head + body]
    pieces, at = [], head
    while True:
        end = message.index(b"\r\n", at)
        size = int(message[at:end].split(b";")[0], 16)
        if size == 0:
            return b"".join(pieces)
        pieces.append(message[end + 2:end + 2 + size])
        at = end + 2 + size + 2


def equals_file(address, path, file):
    """Whether the whole answer is the file, byte for byte, in little memory."""
    connection = http.client.HTTPConnection(*address)
    connection.request("GET", path)
    answer = connection.getresponse()
    with open(file, "rb") as lines:
        while True:
            piece = answer.read(PIECE)
            if piece != lines.read(len(piece) or 1):
                return False
            if not piece:
                return True
