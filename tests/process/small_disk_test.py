"""A real disk that is really full: 64 MiB of memory mounted as a filesystem. Root may do so in most places."""
import base64
import os
import random
import socket
import subprocess
import tempfile
import unittest

import oklog

MIB = 1 << 20


def random_lines(mib, seed):
    """Lines that do not compress below three quarters."""
    r = random.Random(seed)
    return b"".join(b"%06d %s\n" % (i, base64.b64encode(r.randbytes(738))) for i in range(int(mib * MIB) // 992))


class SmallDisk(oklog.Case):
    def setUp(self):
        super().setUp()
        self.disk = tempfile.mkdtemp(prefix="oklog-disk.")
        self.addCleanup(os.rmdir, self.disk)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "oklog-test", self.disk], capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest("a small filesystem cannot be mounted here (this needs root): " + done.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=True)
        self.ballast = os.path.join(self.disk, "ballast")

    def leave(self, free):
        """Fills the disk up to `free` bytes."""
        space = os.statvfs(self.disk)
        with open(self.ballast, "ab") as f:
            os.posix_fallocate(f.fileno(), f.seek(0, os.SEEK_END), space.f_bavail * space.f_frsize - free)

    def small_node(self, reserve):
        n = self.node("-disk.reserve", str(reserve), "-ingest.segment-flush-size", str(MIB // 4), *oklog.QUICK, where=self.disk)
        n.log_path = os.path.join(self.where, "node.log")
        n.address_file = os.path.join(self.where, "addresses.json")
        return n

    def test_at_the_reserve_senders_wait_and_all_goes_on_when_there_is_room(self):
        n = self.small_node(16 * MIB).start()
        self.leave(17 * MIB)
        kept, held = self.send_until_held_back(n)
        status, _, why = n.get("/-/ready")
        self.assertEqual(status, 503)
        self.assertRegex(why.decode(), r"nearly full: \d+ bytes are free, 16777216 are kept in reserve")
        self.assertEqual(n.metric("oklog_disk_full"), 1)
        self.assertRegex(n.log(), "lines are not taken in")
        sender = self.popen("forward", "tcp://" + n.durable, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        sender.stdin.write(b"waits\n")
        sender.stdin.close()
        with self.assertRaises(subprocess.TimeoutExpired):
            sender.wait(2)
        self.assertTrue(n.lines().startswith(kept))  # it answers meanwhile
        self.assertEqual(n.lines("-q", "waits"), b"")

        os.remove(self.ballast)
        self.assertEqual(oklog.read_all(held), b"")
        self.assertEqual(sender.wait(oklog.PATIENCE), 0, sender.stderr.read())
        self.assertEqual(n.get("/-/ready")[0], 200)
        self.assertRegex(n.log(), "there is room on the disk again")
        got = n.lines().splitlines()
        self.assertEqual(got[:kept.count(b"\n")], kept.splitlines())
        self.assertEqual(sorted(got), sorted((kept + self.piece + b"waits\n").splitlines()))
        self.assertEqual(n.stop(), 0)

    def send_until_held_back(self, n):
        """What was confirmed, and the connection that was not, which has sent self.piece."""
        kept = b""
        for i in range(100):
            self.piece = random_lines(0.25, i)
            s = oklog.connect(n.durable)
            self.addCleanup(s.close)
            s.sendall(self.piece)
            s.shutdown(socket.SHUT_WR)
            s.settimeout(2)
            while True:
                try:
                    self.assertEqual(s.recv(1), b"")
                    break
                except TimeoutError:
                    if n.get("/-/ready")[0] == 503:
                        s.settimeout(oklog.PATIENCE)
                        return kept, s
            kept += self.piece
        self.fail("25 MiB went into 1 MiB")

    def stuck(self, n, lines):
        """A durable sender of lines that find no room: held back, not refused."""
        failures = n.metric("oklog_ingest_write_failures_total")
        s = oklog.connect(n.durable)
        self.addCleanup(s.close)
        s.sendall(lines)
        s.shutdown(socket.SHUT_WR)
        oklog.until(lambda: n.metric("oklog_ingest_write_failures_total") > failures, "a full disk")
        s.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            s.recv(1)
        s.settimeout(oklog.PATIENCE)
        self.assertEqual(n.get("/-/healthy")[0], 200)
        return s

    def test_without_a_free_byte_nothing_confirmed_is_lost_also_over_a_kill(self):
        """D16: Go's writer panicked when it could not begin its next file."""
        n = self.small_node(1).start()
        oklog.send(n.durable, b"before\n")
        oklog.until(lambda: n.waiting_segments() == [], "consuming")  # the next write needs a file
        self.leave(MIB // 16)
        one = random_lines(1, 2)
        sender = self.stuck(n, one)
        os.remove(self.ballast)
        self.assertEqual(sender.recv(1), b"")  # the orderly close: all is on disk
        kept = b"before\n" + one
        self.assertEqual(n.lines(), kept)

        oklog.until(lambda: n.waiting_segments() == [], "consuming")
        self.leave(MIB // 16)
        sender = self.stuck(n, random_lines(1, 3))
        n.kill()
        with self.assertRaises(ConnectionResetError):
            sender.recv(1)
        self.leave(0)
        n.start()  # on a disk without a free byte
        found = n.lines()  # what was not confirmed may be there, from its first line on
        self.assertTrue((kept + random_lines(1, 3)).startswith(found) and found.startswith(kept))
        kept = found
        os.remove(self.ballast)
        oklog.send(n.durable, b"after\n")
        oklog.until(lambda: n.waiting_segments() == [], "consuming")
        self.assertEqual(n.lines(), kept + b"after\n")
        self.assertEqual(n.metric("oklog_store_quarantined_files"), 0)
        self.assertEqual(n.stop(), 0)

    def test_segments_that_wait_take_no_more_room_than_their_bytes(self):
        n = self.node("-ingest.segment-flush-age", "100ms", verb="ingest", where=self.disk).start()
        for i in range(8):
            oklog.send(n.durable, b"line %d\n" % i)
            oklog.until(lambda: n.metric("oklog_ingest_unconsumed_segments") == i + 1, "a flushed segment")
        n.flags = ["-ingest.segment-flush-age", "1h"]
        n.stop()
        n.start()
        oklog.send(n.durable, b"in a segment that a kill leaves active\n")
        n.kill()
        n.start()
        directory = os.path.join(self.disk, "ingest")
        segments = [os.stat(os.path.join(directory, name)) for name in n.waiting_segments()]
        self.assertEqual(len(segments), 9)
        for s in segments:
            self.assertLess(s.st_blocks * 512, s.st_size + 64 * 1024)

    def test_a_read_only_disk_is_refused_and_keeps_what_it_has(self):
        n = self.small_node(1).start()
        oklog.send(n.durable, b"before\n")
        n.kill()
        subprocess.run(["mount", "-o", "remount,ro", self.disk], check=True)
        n.spawn()
        self.assertEqual(n.wait(), 1)
        self.assertRegex(n.log(), r"cannot start.*Read-only file system")
        subprocess.run(["mount", "-o", "remount,rw", self.disk], check=True)
        n.start()
        self.assertEqual(n.lines(), b"before\n")
        self.assertEqual(n.metric("oklog_ingest_quarantined_files_total"), 0)
        self.assertEqual(n.metric("oklog_store_quarantined_files"), 0)
        self.assertEqual(n.stop(), 0)


if __name__ == "__main__":
    unittest.main()
