"""Invitations by mail through a relay: the load generator's, which misbehaves as it is told.

MUSTER_E2E_MAILS: how many mails the big test sends (20,000; 100,000 takes minutes more).
"""
import json
import os
import signal

from world import MUSTER, SOURCE_DIR, World, main, wait_for

MAILS = int(os.environ.get("MUSTER_E2E_MAILS", 20_000))
FAULTS = (SOURCE_DIR / "loadgen/faults/mail.toml").read_text()
CLEAN = (0, 0, 0)


def counts(verdict):
    return verdict["lost"], verdict["repeated"], verdict["misreported"]


class Mail(World):
    def begin(self, users, relay="", mail="", tls="none", **school):
        # Without devices: verify wants a row of every device there is.
        self.school = self.make_school(users, without_device=1, **school)
        self.write_mail_config(relay, mail, tls=tls, apns=False)
        self.muster_ok("import", self.school)

    def send(self, *words):
        return self.muster("send", "--group", "all", "--channels", "mail", "--yes", "--json", *words)

    def test_every_user_gets_one_letter(self):
        server = self.start_smtp()
        self.begin(5_000)
        preview = self.muster_ok("preview", "--group", "all", "--channels", "mail", "--json").json()
        self.assertEqual((preview["pushes"], preview["mails"], preview["fallbacks"]), (0, 5_000, 0))
        sent = self.send()
        self.assertEqual(sent.code, 0, sent.err)
        self.assertEqual(sent.json()["sent"], 5_000)
        code, verdict = self.verify(self.school)
        self.assertEqual((code, *counts(verdict)), (0, *CLEAN), verdict)
        heard = self.stop_smtp(server)
        self.assertEqual((heard["messages"], heard["misspoken"]), (5_000, 0), heard)
        row = self.muster_ok("tasks", sent.json()["task"], "--csv").out.splitlines()[1]
        self.assertIn(",mail,sent,", row)
        self.assertIn("250 2.", row)

    def test_every_way_to_speak_with_a_relay(self):
        password = self.dir / "password"
        password.write_text("correct horse\n")
        password.chmod(0o600)
        login = f'user = "it"\npassword_file = "{password}"'
        for name, arguments, tls, ours, relay in (
                ("starttls", ("--login", "it:correct horse"), "starttls", "required", login),
                ("implicit", ("--login", "it:correct horse"), "implicit", "implicit", login),
                ("opportunistic", (), "starttls", "opportunistic", ""),
                ("clear", (), "none", "opportunistic", ""),
                ("turns", ("--no-pipelining",), "none", "none", ""),
                ("chunks", (), "none", "none", 'chunking = "on"'),
                ("stream", (), "none", "none", 'chunking = "stream"'),
                ("sealed stream", (), "starttls", "required", 'chunking = "stream"'),
                ("capped", ("--messages-per-connection", 7), "none", "none", "")):
            with self.subTest(name):
                server = self.start_smtp(*arguments, tls=tls, journal=f"{name}.journal", name=name)
                school = self.make_school(300, name=f"school-{name}", without_device=1)
                self.write_mail_config(relay, tls=ours, apns=False, data=self.dir / name)
                self.muster_ok("import", school)
                sent = self.send()
                self.assertEqual(sent.code, 0, sent.err)
                code, verdict = self.verify(school)
                self.assertEqual((code, *counts(verdict)), (0, *CLEAN), verdict)
                heard = self.stop_smtp(server, name)
                self.assertEqual((heard["messages"], heard["misspoken"]), (300, 0), heard)

    def test_a_relay_that_fails_in_every_way_loses_nobody(self):
        self.lose_nobody()

    def test_nor_does_it_where_letters_follow_one_another_without_replies(self):
        self.lose_nobody('chunking = "stream"')

    def lose_nobody(self, relay=""):
        server = self.start_smtp(faults=FAULTS, tls="starttls")
        self.begin(MAILS, relay, tls="required")
        sent = self.send()
        self.assertIn(sent.code, (0, 1), sent.err)
        result = sent.json()
        self.assertEqual(result["state"], "completed")
        code, verdict = self.verify(self.school, "--repeats-max", result["repeated"])
        self.assertEqual((code, verdict["lost"], verdict["misreported"]), (0, 0, 0), verdict)
        heard = self.stop_smtp(server)
        self.assertEqual(heard["misspoken"], 0, heard)
        # What was sent twice was in doubt before: of a broken connection at most one letter, or
        # those that were written ahead.
        self.assertLessEqual(verdict["repeated"], result["repeated"])
        print(f"{MAILS} mails: {json.dumps(result['reasons'])}; repeated {verdict['repeated']}")

    def test_mail_goes_to_users_without_a_device_and_to_those_whose_pushes_failed(self):
        self.start_apns(faults='[[fault]]\nkind = "status"\nstatus = 410\n'
                               'reason = "Unregistered"\nshare = 0.2\n')
        self.start_smtp()
        self.school = self.make_school(2_000, without_device=0.3, without_mail=0.2)
        self.write_mail_config()
        self.muster_ok("import", self.school)
        preview = self.muster_ok("preview", "--group", "all", "--json").json()
        self.assertGreater(preview["mails"], 300)
        self.assertGreater(preview["fallbacks"], 800)
        shown = self.muster_ok("preview", "--group", "all").out
        self.assertIn(f"and up to {preview['fallbacks']:,} mails where push fails", shown)
        sent = self.muster("send", "--group", "all", "--yes", "--json")
        self.assertEqual(sent.code, 1, sent.err)  # the devices that are gone
        result = sent.json()
        self.assertGreater(result["unreachable"], 100)
        self.assertGreater(result["invitations"], preview["invitations"])
        self.assertEqual(result["sent"] + result["unreachable"], result["invitations"])
        code, verdict = self.verify(self.school)
        self.assertEqual((code, *counts(verdict)), (0, *CLEAN), verdict)

    def test_a_refused_login_pauses_and_says_what_to_do(self):
        password = self.dir / "password"
        password.write_text("wrong\n")
        password.chmod(0o600)
        self.start_smtp("--login", "it:correct horse", tls="implicit")
        self.begin(200, f'user = "it"\npassword_file = "{password}"', tls="implicit")
        sent = self.send()
        self.assertEqual(sent.code, 5, sent.err)
        self.assertIn("535", sent.err)
        self.assertIn("password_file", sent.err)
        self.assertEqual(sent.json()["failed"], 0)
        password.write_text("correct horse\n")
        resumed = self.muster("resume", "--json")
        self.assertEqual(resumed.code, 0, resumed.err)
        code, verdict = self.verify(self.school)
        self.assertEqual((code, *counts(verdict)), (0, *CLEAN), verdict)

    def test_a_day_quota_stops_and_says_when_to_go_on(self):
        self.start_smtp()
        self.begin(250, "per_day = 100")
        preview = self.muster_ok("preview", "--group", "all", "--channels", "mail").out
        self.assertIn("about 2 d", preview)
        sent = self.send()
        self.assertEqual(sent.code, 5, sent.err)
        self.assertIn("quota", sent.err)
        self.assertIn("muster resume", sent.err)
        self.assertEqual(sent.json()["sent"], 100)
        again = self.muster("resume", "--json")  # today's quota is used up in every process
        self.assertEqual(again.code, 5, again.err)
        self.assertEqual(self.muster_ok("tasks", "--json").json()["tasks"][0]["sent"], 100)

    def test_kill_9_in_the_middle_repeats_only_what_was_in_doubt(self):
        self.start_smtp("--delay", 5)
        self.begin(10_000)
        log = open(self.dir / "send.log", "w")
        process = self.start(MUSTER, "send", "--group", "all", "--channels", "mail", "--yes",
                             "--config", self.config, stdout=log, stderr=log)
        log.close()
        wait_for("some mails", lambda: process.poll() is not None or (
            self.mail_journal.exists() and self.mail_journal.stat().st_size > 1_000 * 64))
        self.assertIsNone(process.poll(), (self.dir / "send.log").read_text())
        process.send_signal(signal.SIGKILL)
        process.wait()
        resumed = self.muster("resume", "--json")
        self.assertEqual(resumed.code, 0, resumed.err)
        # At most sixteen pages are in hand, and of each 32 letters are ahead of what is durable.
        code, verdict = self.verify(self.school, "--repeats-max", 16 * 32)
        self.assertEqual((code, verdict["lost"], verdict["misreported"]), (0, 0, 0), verdict)
        print(f"repeated {verdict['repeated']}")


if __name__ == "__main__":
    main()
