"""Invitations by mail to the recipients' own mail hosts: DNS by nsd, hosts by the load generator.

Every mail host has a loopback address of its own (127.0.1.1 …) at one port; the users' domains are
d0.school.example and so on. Whom a letter went to is read from the hosts' journals.
"""
import csv
import hashlib
import io
import json
import signal
import socket
import struct
import time
from collections import Counter

from dns_host import MX, NOERROR, NXDOMAIN, SERVFAIL, DnsHost, ask
from world import DEADLINE_S, MUSTER, World, main, wait_for

ZONE = "school.example"
HOSTS_MAX = 16
RECORD = struct.Struct("<16s32sqIIHBBI")  # loadgen/journal.cc
CLEAN = (0, 0, 0)


def address_of(number):
    return f"127.0.1.{number}"


def common_port():
    """A port that is free at every mail host's address."""
    while True:
        sockets = [socket.socket() for _ in range(HOSTS_MAX)]
        try:
            sockets[0].bind((address_of(1), 0))
            port = sockets[0].getsockname()[1]
            for number, each in enumerate(sockets[1:], 2):
                each.bind((address_of(number), port))
            return port
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()


def counts(verdict):
    return verdict["lost"], verdict["repeated"], verdict["misreported"]


def in_state(rows, state):
    return [row for row in rows if row["state"] == state]


class MailDirect(World):
    def setUp(self):
        super().setUp()
        self.port_of_all = common_port()
        self.hosts = {}     # processes, by name
        self.addresses = 0  # given away
        self.records = []   # of the zone
        self.serving = {}   # the hosts that a domain's letters may go to
        self.dns = None

    def tearDown(self):
        if self.dns is not None:
            self.dns.stop()
        super().tearDown()

    # ── the world ──
    def address(self, name):
        """One more address, known to DNS by this name; nobody listens there."""
        self.addresses += 1
        self.assertLess(self.addresses, HOSTS_MAX)
        self.records.append(f"{name} IN A {address_of(self.addresses)}")
        return address_of(self.addresses)

    def mail_host(self, name, *arguments, **options):
        self.hosts[name] = self.start_smtp(*arguments, address=self.address(name), name=name,
                                           port=self.port_of_all, journal=f"{name}.journal",
                                           **options)

    def mail_domain(self, domain, *exchangers, to=None):
        """Its MX records, as "10 mx1"; `to`: where its letters may go, if not to all of them."""
        self.records += [f"{domain} IN MX {exchanger}" for exchanger in exchangers]
        self.serving[f"{domain}.{ZONE}"] = set(
            (exchanger.split()[1] for exchanger in exchangers) if to is None else to)

    def begin(self, users, domains, tls="none", mail="", broken=(), connections=64, **more):
        zones = {ZONE: "\n".join(self.records), **{f"{domain}.{ZONE}": None for domain in broken}}
        self.dns = DnsHost(self.dir, zones)
        # Without devices: verify wants a row of every device there is.
        self.school = self.make_school(users, without_device=1, mail_domains=domains)
        self.write_mail_config(mail=mail, apns=False, direct=f'''port = {self.port_of_all}
resolver = "127.0.0.1:{self.dns.port}"
connections = {connections}
tls = "{tls}"
allow_loopback = true
''', **more)
        self.muster_ok("import", self.school)

    # ── sending ──
    SEND = ("send", "--group", "all", "--channels", "mail", "--yes")

    def send(self):
        return self.muster(*self.SEND, "--json")

    def send_all(self, users):
        """Everybody is reached."""
        sent = self.send()
        self.assertEqual(sent.code, 0, sent.err)
        self.assertEqual((sent.json()["sent"], sent.json()["failed"]), (users, 0), sent.out)
        code, verdict = self.verify_all()
        self.assertEqual((code, *counts(verdict)), (0, *CLEAN), verdict)
        return sent.json()

    def start_send(self):
        self.send_log = self.dir / "send.log"
        with open(self.send_log, "w") as log:
            return self.start(MUSTER, *self.SEND, "--config", self.config, stdout=log, stderr=log)

    def rows(self, task=None):
        """The latest task's invitations as they stand in the ledger; none before there is a task."""
        if task is None:
            tasks = self.muster_ok("tasks", "--json").json()["tasks"]
            if not tasks:
                return []
            task = tasks[0]["id"]
        listed = self.muster_ok("tasks", task, "--csv").out
        return list(csv.DictReader(io.StringIO(listed)))

    def wait_for_rows(self, what, process, condition, deadline_s=60):
        def holds():
            rows = self.rows()
            if condition(rows):
                return rows
            self.assertIsNone(process.poll(), self.send_log.read_text())
            return None
        return wait_for(what, holds, deadline_s)

    # ── judging ──
    def users(self):
        with open(self.school / "users.csv", newline="", encoding="utf-8") as rows:
            return {row["user_id"]: row["email"] for row in csv.DictReader(rows)}

    def of_domains(self, rows, *domains):
        """The rows of users whose mail goes to these."""
        users = self.users()
        wanted = {f"{domain}.{ZONE}" for domain in domains}
        return [row for row in rows if users[row["user_id"]].split("@")[1] in wanted]

    def accepted(self, name):
        """How many letters each address got at this host."""
        data = (self.dir / f"{name}.journal").read_bytes()[8:]
        data = data[:len(data) // RECORD.size * RECORD.size]  # a host may be writing
        addresses = {hashlib.sha256(address.encode()).digest(): address
                     for address in self.users().values()}
        got = Counter()
        for _, recipient, _, _, _, status, _, _, _ in RECORD.iter_unpack(data):
            if status == 250:
                got[addresses[recipient]] += 1
        return got

    def arrived(self):
        """How many letters each host got; every one of them serves its recipient's domain."""
        by_host = {}
        self.letters = Counter()
        for name in self.hosts:
            got = self.accepted(name)
            for address in got:
                self.assertIn(name, self.serving[address.split("@")[1]], address)
            self.letters += got
            by_host[name] = got.total()
        return by_host

    def verify_all(self, *arguments):
        journals = [self.dir / f"{name}.journal" for name in self.hosts]
        return self.verify(self.school, *arguments, journals=journals)

    def heard_by(self, name):
        heard = self.stop_smtp(self.hosts[name], name)
        self.assertEqual(heard["misspoken"], 0, heard)
        return heard

    # ── cases ──
    def test_every_user_of_forty_domains_gets_one_letter_at_a_host_of_his_domain(self):
        for number in range(1, 4):
            self.mail_host(f"mx{number}")
        for name in ("a", "b"):
            self.mail_host(name, "--messages-per-connection", 20)
        for number in range(8):
            self.mail_domain(f"d{number * 5}", "10 mx1")
            self.mail_domain(f"d{number * 5 + 1}", "10 a", "10 b")
            self.mail_domain(f"d{number * 5 + 2}", "10 mx2", "20 mx1", to=("mx2",))
            # One machine under a name of each domain, and a domain that is its own mail host.
            self.records.append(f"mx.d{number * 5 + 3} IN A {address_of(3)}")
            self.mail_domain(f"d{number * 5 + 3}", f"10 mx.d{number * 5 + 3}", to=("mx3",))
            self.records.append(f"d{number * 5 + 4} IN A {address_of(1)}")
            self.mail_domain(f"d{number * 5 + 4}", to=("mx1",))
        self.begin(5_000, 40)
        self.send_all(5_000)
        arrived = self.arrived()
        self.assertEqual(set(self.letters.values()), {1})
        self.assertEqual(len(self.letters), 5_000)
        self.assertEqual((arrived["mx1"], arrived["mx2"], arrived["mx3"]), (2_000, 1_000, 1_000))
        self.assertEqual(arrived["a"] + arrived["b"], 1_000)
        self.assertGreater(min(arrived["a"], arrived["b"]), 0, arrived)  # equal ones share
        for name in arrived:
            self.heard_by(name)

    def test_letters_go_to_the_backup_while_the_preferred_host_refuses_connections(self):
        self.address("dead")
        self.mail_host("backup")
        for domain in ("d0", "d1"):
            self.mail_domain(domain, "10 dead", "20 backup")
        self.begin(1_000, 2)
        self.send_all(1_000)
        self.assertEqual(self.arrived(), {"backup": 1_000})

    def test_greylisted_recipients_get_their_letter_at_the_second_attempt(self):
        self.mail_host("grey", faults='[[fault]]\nkind = "greylist"\nshare = 1.0\n')
        for domain in ("d0", "d1"):
            self.mail_domain(domain, "10 grey")
        self.begin(1_000, 2)
        task = self.send_all(1_000)["task"]
        self.assertEqual({row["attempts"] for row in self.rows(task)}, {"2"})
        self.assertEqual(self.heard_by("grey")["refused"], {"rcpt 451": 1_000})

    def test_what_dns_says_for_good_ends_and_what_it_cannot_say_now_is_tried_again(self):
        self.mail_host("mx1")
        self.mail_domain("d0", "10 mx1")
        self.mail_domain("d1", "0 .", to=())
        # d2 is not there.
        self.mail_domain("d3", "10 nobody", to=())
        self.records.append('nobody IN TXT "no address"')
        self.mail_domain("d5", "10 absent", to=())
        self.records.append('d6 IN TXT "neither mail host nor address"')
        self.begin(350, 7, broken=("d4",), mail="attempts = 2", retry_after='"1s"')
        for domain, code in (("d0", NOERROR), ("d2", NXDOMAIN), ("d4", SERVFAIL)):
            self.assertEqual(ask(self.dns.port, f"{domain}.{ZONE}", MX)[0], code)

        process = self.start_send()
        self.wait_for_rows("letters deferred since DNS failed", process, lambda rows: [
            (row["state"], row["reason"]) for row in self.of_domains(rows, "d4")] ==
            [("deferred", "DnsFailed")] * 50)
        self.assertEqual(process.wait(DEADLINE_S), 1, self.send_log.read_text())

        rows = self.rows()
        self.assertEqual(len(rows), 350)
        for domain, state, reason, attempts in (
                ("d0", "sent", "", "1"), ("d1", "unreachable", "NullMx", None),
                ("d2", "unreachable", "NoSuchDomain", None),
                ("d3", "unreachable", "DomainWithoutMail", None),
                ("d4", "failed", "DnsFailed", "2"),
                ("d5", "unreachable", "DomainWithoutMail", None),
                ("d6", "unreachable", "DomainWithoutMail", None)):
            with self.subTest(domain):
                of_it = self.of_domains(rows, domain)
                self.assertEqual({(row["state"], row["reason"]) for row in of_it},
                                 {(state, reason)})
                if attempts is not None:
                    self.assertEqual({row["attempts"] for row in of_it}, {attempts})
        code, verdict = self.verify_all()
        self.assertEqual((code, *counts(verdict)), (0, *CLEAN), verdict)

    def test_a_host_that_limits_connections_and_messages_gets_no_more_than_it_takes(self):
        self.mail_host("narrow", "--connections", 3, "--messages-per-connection", 5,
                       "--no-limits", "--delay", 2)
        for domain in ("d0", "d1", "d2"):
            self.mail_domain(domain, "10 narrow")
        self.begin(900, 3)
        self.send_all(900)
        heard = self.heard_by("narrow")
        self.assertEqual(heard["connections_most"], 3, heard)
        refused = heard["refused"].get("greeting 421", 0)
        print(f"{heard['connections']} connections, {refused} of them one too many")
        # One more is asked for now and then, and given up at once when it is refused.
        self.assertLess(refused, heard["connections"] / 3, heard)

    def test_tls_is_used_where_it_works_and_left_where_it_does_not(self):
        self.mail_host("broken", tls="starttls",
                       faults='[[fault]]\nkind = "tls_alert"\non = "starttls"\nevery = 1\n')
        self.mail_host("good", tls="starttls")
        self.mail_host("clear")
        for number, name in enumerate(("broken", "good", "clear")):
            self.mail_domain(f"d{number}", f"10 {name}")
        self.begin(900, 3, tls="opportunistic")
        self.send_all(900)
        self.assertEqual(self.arrived(), {"broken": 300, "good": 300, "clear": 300})
        broken, good, clear = (self.heard_by(name) for name in ("broken", "good", "clear"))
        self.assertEqual((broken["messages"], broken["in_clear"]), (300, 300), broken)
        self.assertGreaterEqual(broken["tls_failures"], 1, broken)
        # It is remembered: only connections that were on their way already try again.
        self.assertLessEqual(broken["tls_failures"], 4, broken)
        self.assertEqual((good["messages"], good["in_clear"]), (300, 0), good)
        self.assertGreaterEqual(good["secured"], 1, good)
        self.assertEqual((clear["messages"], clear["in_clear"]), (300, 300), clear)

    def test_tls_is_never_asked_for_where_the_settings_say_none(self):
        self.mail_host("good", tls="starttls")
        for domain in ("d0", "d1"):
            self.mail_domain(domain, "10 good")
        self.begin(100, 2, tls="none")
        self.send_all(100)
        heard = self.heard_by("good")
        self.assertEqual((heard["in_clear"], heard["secured"]), (100, 0), heard)

    def test_a_site_that_never_answers_keeps_nobody_elses_letters(self):
        for number in range(3):
            self.mail_host(f"mx{number}")
            self.mail_domain(f"d{number}", f"10 mx{number}")
        with socket.socket() as silent:
            silent.bind((self.address("silent"), self.port_of_all))
            silent.listen(HOSTS_MAX)  # connections stand, and nobody ever greets
            self.mail_domain("d3", "10 silent")
            self.begin(2_000, 4)
            began = time.monotonic()
            process = self.start_send()
            quick = ("d0", "d1", "d2")
            self.wait_for_rows("the others' letters", process, lambda rows: [
                row["state"] for row in self.of_domains(rows, *quick)] == ["sent"] * 1_500)
            print(f"1,500 letters past a silent site in {time.monotonic() - began:.1f} s")
            rows = self.wait_for_rows("deferred letters", process, lambda rows: in_state(
                self.of_domains(rows, "d3"), "deferred"))
            waiting = in_state(rows, "deferred")
            self.assertEqual(waiting, in_state(self.of_domains(rows, "d3"), "deferred"))
            self.assertLessEqual({row["reason"] for row in waiting},
                                 {"SiteBusy", "NoMailHost", "ServerBusy", "AnswerOverdue"})
            print(f"put off: {dict(Counter(row['reason'] for row in waiting))}")
            task = self.muster_ok("tasks", "--json").json()["tasks"][0]
            self.assertEqual(task["failed"], 0, json.dumps(task))
            shown = self.muster_ok("tasks", task["id"], "--state", "deferred").out
            self.assertIn(waiting[0]["reason"], shown)
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.assertEqual(self.arrived(), {"mx0": 500, "mx1": 500, "mx2": 500})

    def test_kill_9_in_the_middle_repeats_only_what_was_in_doubt(self):
        for name in ("mx1", "mx2", "mx3", "mx4"):
            self.mail_host(name, "--delay", 5)
        for number in range(8):
            self.mail_domain(f"d{number}", f"10 mx{number % 4 + 1}")
        self.begin(10_000, 8)
        process = self.start_send()
        journals = [self.dir / f"{name}.journal" for name in self.hosts]
        wait_for("some mails", lambda: process.poll() is not None or sum(
            journal.stat().st_size for journal in journals) > 2_000 * RECORD.size)
        self.assertIsNone(process.poll(), self.send_log.read_text())
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertLess(sum(self.arrived().values()), 10_000)
        resumed = self.muster("resume", "--json")
        self.assertEqual(resumed.code, 0, resumed.err)
        # At most sixteen pages are in hand, and of each 32 letters are ahead of what is durable.
        code, verdict = self.verify_all("--repeats-max", 16 * 32)
        self.assertEqual((code, verdict["lost"], verdict["misreported"]), (0, 0, 0), verdict)
        self.arrived()
        self.assertEqual(len(self.letters), 10_000)
        print(f"repeated {verdict['repeated']}")


if __name__ == "__main__":
    main()
