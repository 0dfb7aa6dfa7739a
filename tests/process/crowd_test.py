"""More connections than there is room for: new ones are refused or wait, old ones live."""
import os
import resource
import unittest

import oklog


class Crowd(oklog.Case):
    def test_of_10000_idle_connections_4096_are_kept_and_the_others_refused(self):
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limits[1] != resource.RLIM_INFINITY and limits[1] < 10500:
            self.skipTest(f"at most {limits[1]} files may be open here, 10500 are needed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (10500, limits[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        n = self.node(where=os.path.join(self.where, "many"))
        os.makedirs(n.where)
        whole = n.command
        n.command = lambda: ["sh", "-c", 'ulimit -Sn 256; exec "$@"', "sh", *whole()]  # it raises that itself
        n.start()
        self.assertRegex(n.log(), r'msg="open files are limited" limit=\d+')
        old = oklog.connect(n.durable)
        before = oklog.peak_kib(n.process)
        idle = []
        try:
            for i in range(10000):
                try:
                    idle.append(oklog.connect(n.fast if i % 2 else n.durable))
                except ConnectionResetError:
                    pass

            def connected():
                return n.metric("oklog_connected_clients", '{modality="fast"}') + n.metric("oklog_connected_clients", '{modality="durable"}')

            oklog.until(lambda: connected() == 4096, "4096 senders")
            for s in idle:
                s.setblocking(False)
            kept = list(idle)

            def all_refused():
                """The kernel takes connections before the node does, so that some are refused later."""
                still = []
                for s in kept:
                    try:
                        if s.recv(1) != b"":
                            still.append(s)
                    except BlockingIOError:
                        still.append(s)
                    except ConnectionResetError:
                        pass
                kept[:] = still
                return len(kept) <= 4095

            oklog.until(all_refused, "the others are refused")
            self.assertEqual(len(kept), 4095)
            self.assertLess(oklog.peak_kib(n.process) - before, 100 * 1024)
            old.sendall(b"an old one lives\n")
            oklog.until(lambda: n.lines() == b"an old one lives\n", "its line")
            self.assertEqual(n.get("/-/ready")[0], 200)
        finally:
            for s in idle:
                s.close()
        oklog.until(lambda: connected() == 1, "room")
        oklog.send(n.fast, b"a new one comes in\n")
        old.close()
        self.assertEqual(n.lines("-c"), b"2\n")
        self.assertEqual(n.stop(), 0)


class OutOfDescriptors(oklog.Case):
    def test_old_connections_live_and_new_ones_come_in_when_there_is_room(self):
        n = self.node()
        limited = n.command
        n.command = lambda: ["sh", "-c", 'ulimit -n 80; exec "$@"', "sh", *limited()]
        n.start()
        old = oklog.connect(n.fast)
        old.sendall(b"old 1\n")
        oklog.until(lambda: n.lines() == b"old 1\n", "the first line")
        many = []
        for _ in range(120):  # the kernel queues those that are not accepted
            many.append(oklog.connect(n.fast))
        oklog.until(lambda: "accepting" in n.log() or "Too many open files" in n.log(), "the limit", 10)
        old.sendall(b"old 2\n")
        for s in many:
            s.close()
        oklog.until(lambda: n.metric("oklog_connected_clients", '{modality="fast"}') == 1, "room")
        old.close()
        oklog.send(n.fast, b"new\n")
        oklog.until(lambda: n.lines() == b"old 1\nold 2\nnew\n", "the other lines")
        oklog.until(lambda: n.metric("oklog_store_consumed_segments_total") > 0, "consuming")
        self.assertEqual(n.stop(), 0)


if __name__ == "__main__":
    unittest.main()
