"""The Debian package of scripts/package, looked at with dpkg-deb: what it holds, what it needs, what it leaves alone.
(Installing, upgrading and removing it needs root: scripts/package.d/try does that in a scratch chroot.)
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def output_of(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for tool in ("dpkg-deb", "dpkg-shlibdeps", "strip"):
            if not shutil.which(tool):
                raise unittest.SkipTest(f"{tool} is not installed: there is no package to make")
        cls.where = tempfile.mkdtemp(prefix="oklog-package-test.")
        cls.addClassCleanup(shutil.rmtree, cls.where, ignore_errors=True)
        output_of(TOP / "scripts/package", "--binary", os.environ["OKLOG_BIN"], "--output", cls.where, "--version", "9.8.7",
                  env={**os.environ, "LOGS": cls.where + "/logs"}, cwd="/")
        cls.package = next(pathlib.Path(cls.where).glob("oklog_9.8.7_*.deb"))
        cls.control = output_of("dpkg-deb", "-f", cls.package)
        cls.files = {}
        for line in output_of("dpkg-deb", "-c", cls.package).splitlines():
            mode, owner, size, _, _, path = line.split(None, 5)
            cls.files[path.removeprefix(".").rstrip("/")] = (mode, owner, int(size))
        cls.unpacked = cls.where + "/unpacked"
        output_of("dpkg-deb", "-R", cls.package, cls.unpacked)

    def text(self, path):
        return pathlib.Path(self.unpacked + path).read_text()

    def test_it_names_the_packages_of_the_libraries_that_the_binary_loads(self):
        needed = re.search(r"^Depends: (.*)$", self.control, re.M).group(1)
        for library in ("libc6", "libstdc++6", "libre2-", "libzstd1", "libspdlog", "libprometheus-cpp-core", "adduser"):
            self.assertIn(library, needed)
        self.assertIn("Version: 9.8.7\n", self.control)

    def test_it_holds_the_binary_the_unit_the_settings_and_the_documents(self):
        self.assertEqual(self.files["/usr/bin/oklog"][0], "-rwxr-xr-x")
        for path in ("/lib/systemd/system/oklog.service", "/etc/default/oklog", "/usr/share/doc/oklog/README.md",
                     "/usr/share/doc/oklog/operating.md", "/usr/share/doc/oklog/copyright"):
            self.assertEqual(self.files[path][0], "-rw-r--r--", path)
        self.assertEqual({owner for _, owner, _ in self.files.values()}, {"root/root"})

    def test_it_owns_no_data(self):
        self.assertEqual([p for p in self.files if p.startswith("/var")], [])
        scripts = {name: self.text("/DEBIAN/" + name) for name in ("postinst", "prerm", "postrm")}
        for name, text in scripts.items():
            self.assertNotRegex(re.sub(r'echo ".*"', "", text), r"\b(rm|rmdir|deluser|userdel)\b", name)
            subprocess.run(["sh", "-n"], input=text, text=True, check=True)
        self.assertIn("is kept in /var/lib/oklog", scripts["postrm"])

    def test_an_edited_settings_file_survives_an_upgrade(self):
        self.assertEqual(self.text("/DEBIAN/conffiles"), "/etc/default/oklog\n")
        set_here = [line for line in self.text("/etc/default/oklog").splitlines() if line and not line.startswith("#")]
        self.assertEqual(set_here, [], "the defaults are the unit's")

    def test_the_unit_runs_as_its_own_user_in_a_sandbox_and_listens_on_this_machine_alone(self):
        unit = self.text("/lib/systemd/system/oklog.service").splitlines()
        for line in ("User=oklog", "StateDirectory=oklog", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes",
                     "PrivateTmp=yes", "PrivateDevices=yes", "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service",
                     "UMask=0077", "LimitNOFILE=65536", "Restart=on-failure", "ExecStart=/usr/bin/oklog ingeststore"):
            self.assertIn(line, unit)
        addresses = [line for line in unit if "tcp://" in line]
        # Every port that is open to all by default, but for the one that is not opened yet.
        help_text = output_of(os.environ["OKLOG_BIN"], "help", "ingeststore")
        open_to_all = set(re.findall(r"^  -([a-z.-]+) +tcp://0\.0\.0\.0:", help_text, re.M)) - {"ingest.bulk"}
        self.assertEqual({line.split("=")[1] for line in addresses},
                         {"OKLOG_" + f.upper().replace(".", "_") for f in open_to_all})
        self.assertEqual(len(addresses), 4)
        for line in addresses:
            self.assertIn("tcp://127.0.0.1:", line)
        stop = next(int(line.split("=")[1]) for line in unit if line.startswith("TimeoutStopSec="))
        self.assertGreater(stop, 30, "a drain takes 10 s, and syncing what was received may take as long again")

    def test_every_setting_that_is_named_is_a_flag(self):
        help_text = output_of(os.environ["OKLOG_BIN"], "help", "ingeststore")
        flags = {"OKLOG_" + re.sub("[.-]", "_", f).upper() for f in re.findall(r"^  -([a-z.-]+)", help_text, re.M)}
        named = set(re.findall(r"\bOKLOG_[A-Z_]+(?==)", self.text("/etc/default/oklog")
                               + self.text("/lib/systemd/system/oklog.service")))
        self.assertGreater(len(named), 5)
        self.assertEqual(named - flags, set())

    def test_what_was_packaged_runs(self):
        self.assertEqual(output_of(self.unpacked + "/usr/bin/oklog", "--version"),
                         output_of(os.environ["OKLOG_BIN"], "--version"))


if __name__ == "__main__":
    unittest.main()
