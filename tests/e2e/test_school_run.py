#!/usr/bin/env python3
"""`muster-loadgen run school`: the whole story with a bad day of everybody, its end by signal, and that no
secret of it stands anywhere but in databases. MUSTER_SCHOOL_USERS: how large the school is."""
import base64
import os
import signal
from pathlib import Path

from secret_search import Secrets, is_database
from world import LOADGEN, MUSTER, World, main, wait_for

USERS = int(os.environ.get("MUSTER_SCHOOL_USERS", "400"))
# What the simulators, not muster, wrote into the folder of a run: journals hold digests, the rest is theirs.
SIMULATORS = {"content.token", "school", "tls", "devices.pem"}


class RunSchool(World):
    def run_school(self, *arguments):
        done = self.run_program(LOADGEN, "run", "school", "--muster", MUSTER, "--dir", self.dir / "run",
                                "--json", *arguments)
        self.assertIn(done.code, (0, 1), done.err)
        return done

    def children_of_run(self):
        """Programs that still have a file of the run on their command line."""
        mine = str(self.dir / "run").encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if mine in entry.read_bytes():
                    found.append(int(entry.parent.name))
            except OSError:
                pass  # it has ended meanwhile
        return found

    def test_nothing_is_lost_doubled_misreported_or_told(self):
        done = self.run_school("--users", USERS)
        report = done.json()
        verdict = report["verdict"]
        self.assertEqual((done.code, verdict["defects"]), (0, {}), verdict)
        self.assertGreater(verdict["rows"], USERS / 2)
        self.assertGreater(report["funnel"]["accepted"]["count"], 0)
        self.assertGreater(report["faults_struck"], 0)
        self.assertGreater(report["fleet"]["said"]["NotNow"], 0)
        self.assertEqual(self.children_of_run(), [])
        self.look_for_secrets(self.dir / "run")

    def look_for_secrets(self, run):
        secrets = Secrets(run / "books.journal", run / "content.token", run / "school/devices.csv")
        self.assertGreater(len(secrets.codes), USERS / 10)
        self.assertGreater(len(secrets.magics), USERS / 2)
        searched = 0
        for path in sorted(run.rglob("*")):
            mine = SIMULATORS.isdisjoint(path.relative_to(run).parts)
            if path.is_file() and mine and not is_database(path):
                self.assertEqual(secrets.found_in(path.read_bytes()), set(), path)
                searched += 1
        self.assertGreater(searched, 20)
        # The search finds what is there: the token, a magic, and codes where they are kept.
        self.assertEqual(secrets.found_in((run / "content.token").read_bytes()), {"content token"})
        magic = next(iter(secrets.magics))
        self.assertEqual(secrets.found_in(b'{"mdm":"' + magic + b'"}'), {"push magic"})
        self.assertEqual(secrets.found_in(base64.b64encode(magic)), {"push magic"})
        kept = b"".join(path.read_bytes() for path in (run / "data").iterdir() if is_database(path))
        self.assertIn("invitation code", secrets.found_in(kept))

    def test_without_faults_it_ends_soon(self):
        done = self.run_school("--users", 60, "--no-faults", "--accept-rate", 1, "--seed", 5)
        report = done.json()
        self.assertEqual((done.code, report["verdict"]["defects"]), (0, {}), report["verdict"])
        self.assertEqual(report["faults_struck"], 0)
        states = report["verdict"]["states"]
        self.assertEqual(set(states), {"enrolled"}, states)

    def test_a_signal_ends_every_program(self):
        with open(self.dir / "log", "w") as log:
            process = self.start(LOADGEN, "run", "school", "--muster", MUSTER, "--dir",
                                 self.dir / "run", "--users", 300, stdout=log, stderr=log)
        wait_for("the books and the devices", lambda: (self.dir / "run/muster.toml").exists())
        wait_for("muster at work", lambda: len(self.children_of_run()) >= 4)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 3)
        self.assertIn("stopped by a signal", (self.dir / "log").read_text())
        self.assertEqual(self.children_of_run(), [])


if __name__ == "__main__":
    main()
