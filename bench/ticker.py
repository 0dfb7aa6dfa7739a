"""Single lines sent, and when they arrive: on the durable port, on the fast port, in a stream."""
import socket
import time


class Stream:
    """What /store/stream shows of a literal, from now on."""

    def __init__(self, node, q):
        self.socket = socket.create_connection(node.address("api"))
        self.socket.settimeout(60)
        self.socket.sendall(f"GET /store/stream?q={q} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        self.reader = self.socket.makefile("rb")
        while self.reader.readline().strip():
            pass

    def wait_for(self, word):
        while True:
            line = self.reader.readline()
            if word.encode() in line:
                return
            if not line:
                raise SystemExit("the stream ended")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.socket.close()


def durable_latencies(node, count, pause):
    """From a line and a half-close until the node closes, which says that the line is on disk."""
    times = []
    for n in range(count):
        time.sleep(pause)
        with socket.create_connection(node.address("durable")) as s:
            s.settimeout(60)
            begun = time.monotonic()
            s.sendall(b"a durable line, number %d\n" % n)
            s.shutdown(socket.SHUT_WR)
            while s.recv(1):
                pass
            times.append(time.monotonic() - begun)
    return times


def stream_latencies(node, count, pause, name):
    """From a line into the fast port until the stream shows it. REQUIRES: a `name` not used before."""
    times = []
    with Stream(node, name) as stream, socket.create_connection(node.address("fast")) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n in range(count):
            time.sleep(pause)
            word = f"{name}-{n:06d}"
            begun = time.monotonic()
            s.sendall(f"a line with {word}\n".encode())
            stream.wait_for(word)
            times.append(time.monotonic() - begun)
    return times
