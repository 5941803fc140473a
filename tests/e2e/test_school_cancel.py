#!/usr/bin/env python3
"""Cancel in mid-task: from the moment it is answered no device is given the command any more, though devices
that were woken before come and ask. Once where the sending process was stopped in good order before; once of a
send that a server has in hand, by `muster cancel` over its socket, which goes on listening to the devices; and
once of a server that is killed right behind its answer."""
import signal
import subprocess
import time
from collections import Counter

from school_world import SchoolWorld, lines
from world import MUSTER, main, wait_for

# Half come at once, half so late that they ask after the cancellation.
LATE = '''
[[behaviour]]
kind = "late"
share = 0.5
least_ms = 8000
most_ms = 10000
'''


class Cancel(SchoolWorld):
    def facts(self):
        return lines(self.devices_journal) if self.devices_journal.exists() else []

    def devices_of(self, *names):
        return {line["device"] for line in self.facts() if line["fact"] in names}

    def serve(self, name):
        with open(self.dir / f"{name}.log", "w") as log:
            return self.start(MUSTER, "serve", "--config", self.config, stdout=log,
                              stderr=subprocess.STDOUT)

    def begin(self):
        behaviour = self.dir / "late.toml"
        behaviour.write_text(LATE)
        school = self.make_school(300, without_account=1, mac_share=0)
        self.start_books()
        self.start_devices(school, "--behaviour", behaviour)
        self.write_school_config()
        self.muster_ok("import", school)
        self.enrol_all()
        self.muster_ok("token", "install", self.dir / "content.token")

    def judge(self, cancelled_at, handed):
        """Nothing was given to a device after the cancellation, and every row says what came of it."""
        late = Counter(line["fact"] for line in self.facts() if line["at"] > cancelled_at)
        self.assertNotIn("handed", late)
        self.assertNotIn("woken", late)
        self.assertGreater(late["asked"], 0)
        self.assertEqual(self.devices_of("handed"), handed)

        task = self.muster_ok("tasks", "--json").json()["tasks"][0]
        self.assertEqual(task["state"], "cancelled")
        rows = self.rows(task["id"])
        states = Counter(row["state"] for row in rows)
        self.assertEqual(states["shown"], len(self.devices_of("answered")), states)
        self.assertEqual(states["queued"], 0, states)
        self.assertGreater(states["cancelled"], 0)
        unwoken = {row["device_id"] for row in rows if row["state"] == "cancelled"}
        self.assertEqual(unwoken & handed, set())
        return states

    def begin_at_a_server(self):
        """A server that sends, in the middle of it; the process that asked it to has its answer."""
        self.begin()
        server = self.serve("live")
        wait_for("the server's socket", lambda: "Listening" in (self.dir / "live.log").read_text())
        with open(self.dir / "send.log", "w") as log:
            sending = self.start(MUSTER, "send", "--group", "all", "--yes", "--rate", 40, "--config",
                                 self.config, stdout=log, stderr=log)
        wait_for("commands given to devices", lambda: len(self.devices_of("handed")) >= 60, 120)
        self.assertLess(len(self.devices_of("woken")), 300, "it was to be stopped in the middle")
        return server, sending

    def cancel(self):
        """Returns when it was answered, what had been given by then, and who was woken and has not asked."""
        self.muster_ok("cancel")
        cancelled_at = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        waiting = self.devices_of("woken") - self.devices_of("asked")
        self.assertGreater(len(waiting), 10, "some were woken and have not asked yet")
        return cancelled_at, self.devices_of("handed"), waiting

    def test_a_server_gives_the_command_to_nobody_after_its_answer(self):
        server, sending = self.begin_at_a_server()
        cancelled_at, handed, waiting = self.cancel()
        wait_for("the late devices asking", lambda: waiting <= self.devices_of("asked"), 60)
        self.assertEqual(sending.wait(60), 1, (self.dir / "send.log").read_text())
        self.judge(cancelled_at, handed)
        preview = self.muster_ok("preview", "--group", "all", "--json").json()
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(60), 0)
        # Whom it did not reach may be invited anew.
        states = self.judge(cancelled_at, handed)
        self.assertEqual(preview["invitations"], states["cancelled"])

    def test_a_server_that_is_killed_behind_its_answer_gives_back_whom_it_did_not_reach(self):
        server, sending = self.begin_at_a_server()
        cancelled_at, handed, waiting = self.cancel()
        server.send_signal(signal.SIGKILL)
        server.wait()
        sending.wait(60)
        server = self.serve("serve_on")
        wait_for("the late devices asking", lambda: waiting <= self.devices_of("asked"), 60)
        states = self.judge(cancelled_at, handed)
        preview = self.muster_ok("preview", "--group", "all", "--json").json()
        self.assertEqual(preview["invitations"], states["cancelled"])
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(60), 0)

    def test_no_device_gets_the_command_afterwards(self):
        self.begin()
        with open(self.dir / "send.log", "w") as log:
            sending = self.start(MUSTER, "send", "--group", "all", "--yes", "--rate", 40, "--config",
                                 self.config, stdout=log, stderr=log)
        wait_for("commands given to devices", lambda: len(self.devices_of("handed")) >= 60, 120)
        sending.send_signal(signal.SIGTERM)
        self.assertEqual(sending.wait(60), 5, (self.dir / "send.log").read_text())
        self.assertLess(len(self.devices_of("woken")), 300, "it was to be stopped in the middle")
        cancelled_at, handed, waiting = self.cancel()

        server = self.serve("serve_on")
        wait_for("the late devices asking", lambda: waiting <= self.devices_of("asked"), 60)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(60), 0)
        self.judge(cancelled_at, handed)


if __name__ == "__main__":
    main()
