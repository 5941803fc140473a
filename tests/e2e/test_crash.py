"""kill -9 in the middle, an orderly stop in the middle, and what is said afterwards."""
import signal

from world import MUSTER, World, main, wait_for

RECORD_BYTES = 72  # of the load generator's journal (loadgen/journal.cc)
# In flight (two connections of 1,000 streams) and unsettled (two commits' worth) at a kill.
REPEATS_MAX = 2 * 1000 + 2 * 1024


class Crash(World):
    def begin(self, devices, delay_ms=20):
        self.school = self.make_school(devices)
        self.start_apns("--delay", delay_ms)
        self.write_config(apns="connections = 2")
        self.muster_ok("import", self.school)

    def send_until(self, requests):
        """Starts a send and waits until the server has journaled so many requests."""
        log = open(self.dir / "send.log", "w")
        process = self.start(MUSTER, "send", "--group", "all", "--yes", "--config", self.config,
                             stdout=log, stderr=log)
        log.close()
        wait_for(f"{requests} requests",
                 lambda: process.poll() is not None or self.requests() >= requests)
        self.assertIsNone(process.poll(), (self.dir / "send.log").read_text())
        return process

    def requests(self):
        return self.journal.stat().st_size // RECORD_BYTES if self.journal.exists() else 0

    def task(self):
        return self.muster_ok("tasks", "--json").json()["tasks"][0]

    def test_kill_9_and_resume_lose_nobody(self):
        self.begin(100_000)
        process = self.send_until(30_000)
        process.send_signal(signal.SIGKILL)
        process.wait()
        task = self.task()
        self.assertEqual(task["state"], "interrupted")
        durable = task["invitations"] - task["queued"]
        self.assertLess(durable, 100_000)

        resumed = self.muster("resume", "--json")
        self.assertEqual(resumed.code, 0, resumed.err)
        code, verdict = self.verify(self.school, "--repeats-max", REPEATS_MAX)
        self.assertEqual((code, verdict["lost"], verdict["misreported"]), (0, 0, 0), verdict)
        print(f"{durable} durable at the kill; repeated {verdict['repeated']}")

    def test_killed_again_and_again(self):
        self.begin(60_000)
        process = self.send_until(3_000)
        for kill in range(1, 6):
            process.send_signal(signal.SIGKILL)
            process.wait()
            log = open(self.dir / "resume.log", "w")
            process = self.start(MUSTER, "resume", "--config", self.config, stdout=log, stderr=log)
            log.close()
            wait_for("more requests", lambda: process.poll() is not None or
                     self.requests() >= 3_000 + kill * 6_000)
        process.wait(120)
        self.assertEqual(process.returncode, 0, (self.dir / "resume.log").read_text())
        code, verdict = self.verify(self.school, "--repeats-max", 6 * REPEATS_MAX)
        self.assertEqual((code, verdict["lost"], verdict["misreported"]), (0, 0, 0), verdict)

    def test_an_orderly_stop_repeats_nothing(self):
        self.begin(60_000)
        process = self.send_until(10_000)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(40), 5)
        self.assertIn("muster resume", (self.dir / "send.log").read_text())
        task = self.task()
        self.assertEqual(task["state"], "interrupted")
        self.assertEqual(task["invitations"] - task["queued"], self.requests())
        resumed = self.muster("resume", "--json")
        self.assertEqual(resumed.code, 0, resumed.err)
        code, verdict = self.verify(self.school)
        self.assertEqual((code, verdict["lost"], verdict["repeated"], verdict["misreported"]),
                         (0, 0, 0, 0), verdict)

    def test_the_server_dies_and_comes_back(self):
        self.begin(40_000)
        process = self.send_until(8_000)
        server = self.started[0]
        server.send_signal(signal.SIGKILL)
        server.wait()
        first = self.journal
        port = self.port
        self.start_apns("--delay", 5, tls=self.tls, journal="journal2", name="again", port=port)
        self.assertEqual(process.wait(120), 0, (self.dir / "send.log").read_text())
        code, verdict = self.verify(self.school, "--journal", first, "--repeats-max", REPEATS_MAX)
        self.assertEqual((code, verdict["lost"], verdict["misreported"]), (0, 0, 0), verdict)


if __name__ == "__main__":
    main()
