#!/usr/bin/env python3
"""A send without a server, found by other commands at the socket in the data directory: looked at, paused,
resumed and cancelled from outside, joined by a second send, killed with its socket left behind."""
import os
import signal
import stat
import subprocess

from world import DEADLINE_S, MUSTER, World, main, wait_for


class Door(World):
    def begin(self, users=6_000):
        self.school = self.make_school(users)
        self.start_apns()
        self.write_config()
        self.muster_ok("import", self.school)

    def run_beside(self, name, *words):
        """A command of its own process; what it says is in <name>.out and <name>.err."""
        with open(self.dir / f"{name}.out", "w") as out, open(self.dir / f"{name}.err", "w") as err:
            return self.start(MUSTER, *words, "--config", self.config, stdout=out, stderr=err)

    def said(self, name):
        return (self.dir / f"{name}.out").read_text() + (self.dir / f"{name}.err").read_text()

    def sends(self, name, process, more_than):
        """Waits until that process, which holds the directory, has sent more than so many."""
        def sent():
            self.assertIsNone(process.poll(), self.said(name))
            if not (self.data / "muster.sock").exists():
                return None
            tasks = self.muster_ok("tasks", "--json").json()["tasks"]
            return next((task for task in tasks if task["sent"] > more_than), None)
        return wait_for("a send under way", sent)

    def send(self, name="send", rate=400, group="all", more_than=0):
        process = self.run_beside(name, "send", "--group", group, "--yes", "--rate", rate)
        return process, self.sends(name, process, more_than)

    def ends(self, name, process, code):
        self.assertEqual(process.wait(DEADLINE_S), code, self.said(name))
        return (self.dir / f"{name}.err").read_text()

    def one_task(self):
        tasks = self.muster_ok("tasks", "--json").json()["tasks"]
        self.assertEqual(len(tasks), 1, tasks)
        return tasks[0]

    def judge(self):
        code, verdict = self.verify(self.school)
        self.assertEqual((code, verdict["lost"], verdict["repeated"], verdict["misreported"]),
                         (0, 0, 0, 0), verdict)

    def test_paused_looked_at_resumed_and_cancelled_from_outside(self):
        self.begin()
        first, task = self.send()
        self.assertEqual(task["state"], "running")
        mode = os.stat(self.data / "muster.sock").st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)

        paused = self.muster_ok("pause", task["id"], "--json").json()
        self.assertEqual(paused["state"], "paused")
        # At once, though the first process may still be ending; where it has not, it goes on.
        second = self.run_beside("resume", "resume", task["id"])
        self.sends("resume", second, paused["sent"])

        watch = self.run_beside("watch", "tasks", task["id"], "--watch")
        wait_for("the watch", lambda: "running" in self.said("watch"))
        cancelled = self.muster_ok("cancel", task["id"], "--json").json()
        self.assertEqual(cancelled["state"], "cancelled")
        self.assertGreater(cancelled["sent"], paused["sent"])
        self.assertLess(cancelled["sent"], 6_000)
        self.assertIn("was cancelled by a person", self.ends("resume", second, 1))
        self.assertIn(first.wait(DEADLINE_S), (1, 5), self.said("send"))
        # It goes on when the process that it asked has ended, and sees the end.
        self.ends("watch", watch, 0)
        self.assertIn("cancelled", self.said("watch"))
        self.assertFalse((self.data / "muster.sock").exists())
        task = self.one_task()
        self.assertEqual(task["sent"] + task["cancelled"], 6_000)
        self.judge()

    def test_a_second_send_is_begun_in_the_first_which_stays_for_it(self):
        self.begin(2_000)
        first = self.run_beside("first", "send", "--group", "all", "--channels", "push", "--yes",
                                "--rate", 1_000)
        self.sends("first", first, 0)
        second = self.run_beside("second", "send", "--group", "all", "--audience", "not-enrolled",
                                 "--yes", "--rate", 400, "--json")
        wait_for("its line", lambda: "staying for task" in self.said("first"))
        self.assertIsNone(first.poll())
        self.ends("second", second, 0)
        self.assertIn("2,000", self.said("first"))
        self.ends("first", first, 0)
        tasks = self.muster_ok("tasks", "--json").json()["tasks"]
        self.assertEqual([(task["state"], task["sent"]) for task in tasks], [("completed", 2_000)] * 2)
        self.assertFalse((self.data / "muster.sock").exists())

    def test_a_stop_drains_what_others_began_and_tells_them(self):
        self.begin(2_000)
        first, _ = self.send("first", rate=800)
        second = self.run_beside("second", "send", "--group", "all", "--audience", "not-enrolled",
                                 "--yes", "--rate", 50)
        wait_for("its line", lambda: "staying for task" in self.said("first"))
        first.send_signal(signal.SIGTERM)
        self.ends("first", first, 0)  # its own task is done
        self.assertIn("go on with: muster resume", self.ends("second", second, 5))
        states = {task["state"] for task in self.muster_ok("tasks", "--json").json()["tasks"]}
        self.assertEqual(states, {"completed", "interrupted"})

    def test_a_time_in_a_process_that_ends_before_wants_a_server(self):
        self.begin(2_000)
        first, task = self.send(rate=200)
        later = self.muster_ok("send", "--group", "all", "--audience", "not-enrolled", "--yes", "--at",
                               "2099-01-01T00:00:00Z")
        self.assertIn("muster serve", later.err)
        self.muster_ok("cancel", task["id"])
        self.ends("send", first, 1)

    def test_killed_it_leaves_a_socket_that_hinders_nobody(self):
        self.begin()
        first, task = self.send()
        first.send_signal(signal.SIGKILL)
        first.wait()
        self.assertTrue((self.data / "muster.sock").exists())
        self.assertEqual(self.one_task()["state"], "interrupted")
        second = self.run_beside("resume", "resume")
        self.sends("resume", second, task["sent"])
        self.muster_ok("pause")
        said = self.ends("resume", second, 5)
        self.assertIn(f"task {task['id']} was paused by a person; go on with: muster resume", said)
        self.assertFalse((self.data / "muster.sock").exists())

    def test_a_folder_with_a_name_too_long_for_a_socket_sends_without(self):
        self.school = self.make_school(50)
        self.start_apns()
        self.write_config(data=self.dir / ("x" * 120))
        self.muster_ok("import", self.school)
        sent = self.muster_ok("send", "--group", "all", "--yes", "--rate", 100)
        self.assertIn("other commands cannot pause or cancel it", sent.err)
        self.judge()


if __name__ == "__main__":
    main()
