"""Mail servers that are not ours take every letter exactly once, byte-correct.

The load generator shares our reading of the RFCs; Postfix (with the synchronisation check), Exim
(smtp_enforce_sync, CHUNKING), OpenSMTPD (no PIPELINING), npm's smtp-server (STARTTLS and a login) and
smtp-sink do not. What they delivered is parsed by Python's email package and, where it is signed,
verified by dkimpy.
"""
import csv
import email
import email.policy
import os
import subprocess
import unittest
from collections import Counter

from mail_hosts import (Exim, NpmSmtpServer, OpenSmtpd, Postfix, SmtpSink, as_it_came,
                        npm_modules)
from world import World, main

LETTERS = 500


@unittest.skipUnless(os.geteuid() == 0, "mount namespaces and the servers' users want root")
class MailHosts(World):
    def setUp(self):
        super().setUp()
        self.hosts = []

    def tearDown(self):
        for host in self.hosts:
            host.stop()
        super().tearDown()

    def begin(self, host, relay="", mail="", tls="none", users=LETTERS, rest=""):
        self.school = self.make_school(users, without_device=1)
        self.write_mail_config(relay, mail, port=host.port, tls=tls, apns=False, rest=rest)
        self.muster_ok("import", self.school)
        self.hosts.append(host)

    def send(self, count=LETTERS):
        sent = self.muster("send", "--group", "all", "--channels", "mail", "--yes", "--json")
        self.assertEqual(sent.code, 0, sent.err)
        self.assertEqual((sent.json()["sent"], sent.json()["repeated"]), (count, 0))
        return sent.json()["task"]

    def addresses(self):
        with open(self.school / "users.csv", newline="", encoding="utf-8") as rows:
            return Counter(row["email"] for row in csv.DictReader(rows))

    def check(self, host):
        """Every letter there once, and whole."""
        delivered = host.wait_for_messages(LETTERS)
        self.assertEqual(len(delivered), LETTERS)
        to = Counter()
        ids = set()
        for raw in delivered:
            letter = email.message_from_bytes(raw, policy=email.policy.default)
            self.assertEqual(letter.defects, [])
            to[letter["To"].addresses[0].addr_spec] += 1
            ids.add(letter["Message-ID"])
            self.assertEqual(letter["Subject"], "You are invited")
            self.assertEqual(letter["From"].addresses[0].display_name, "Example School")
            self.assertEqual(letter["Auto-Submitted"], "auto-generated")
            self.assertEqual([part.get_content_type() for part in letter.iter_parts()],
                             ["text/plain", "text/html"])
            text = letter.get_body(("plain",)).get_content()
            self.assertIn("Sign in to get apps and books from your school.", text)
            self.assertIn("https://school.example/enroll", text)
            self.assertIn("https://school.example/enroll", letter.get_body(("html",)).get_content())
        self.assertEqual(to, self.addresses())
        self.assertEqual(len(ids), LETTERS)
        return delivered

    def test_postfix_with_its_synchronisation_check(self):
        host = Postfix(self.dir)
        self.begin(host)
        task = self.send()
        self.check(host)
        self.assertNotIn("improper command pipelining", host.log())
        row = self.muster_ok("tasks", task, "--csv").out.splitlines()[1]
        self.assertRegex(row, r"250 2\.0\.0 Ok: queued as [0-9A-F]+")

    def test_postfix_over_starttls(self):
        self.make_tls()
        host = Postfix(self.dir, tls=self.dir / "tls")
        self.begin(host, tls="required")
        self.send()
        self.check(host)

    def test_postfix_in_chunks(self):
        host = Postfix(self.dir)
        self.begin(host, relay='chunking = "on"')
        self.send()
        self.check(host)

    def test_postfix_in_a_stream(self):
        host = Postfix(self.dir)
        self.begin(host, relay='chunking = "stream"')
        self.send()
        self.check(host)
        self.assertNotIn("improper command pipelining", host.log())

    def test_exim_which_enforces_the_order(self):
        host = Exim(self.dir)
        self.begin(host)
        self.send()
        self.check(host)
        self.assertNotIn("synchronization error", host.log())

    def test_exim_in_chunks(self):
        host = Exim(self.dir)
        self.begin(host, relay='chunking = "on"')
        self.send()
        self.check(host)

    def test_exim_in_a_stream(self):
        host = Exim(self.dir)
        self.begin(host, relay='chunking = "stream"')
        self.send()
        self.check(host)
        self.assertNotIn("synchronization error", host.log())

    def test_opensmtpd_which_wants_turns(self):
        host = OpenSmtpd(self.dir)
        self.begin(host)
        self.send()
        self.check(host)
        self.assertNotIn("ipelining", host.log())

    def test_smtp_sink(self):
        host = SmtpSink(self.dir, "-c")
        self.begin(host, users=5_000)
        self.send(5_000)

    def test_signatures_that_others_verify(self):
        host = Postfix(self.dir)
        self.begin(host, rest=self.make_keys())
        self.send()
        self.check_signatures(self.check(host))

    @unittest.skipUnless(npm_modules(), "npm's smtp-server is not there: bash tests/peers.sh build")
    def test_smtp_server_of_npm_over_starttls_with_a_login(self):
        self.make_tls()
        host = NpmSmtpServer(self.dir, self.dir / "tls")
        password = self.dir / "password"
        password.write_text(host.password + "\n")
        password.chmod(0o600)
        self.begin(host, tls="required", rest=self.make_keys(),
                   relay=f'user = "{host.user}"\npassword_file = "{password}"')
        self.send()
        self.check_signatures(self.check(host))
        said = (host.dir / "out").read_text().splitlines()
        self.assertEqual(said, [f"secure {host.user}"] * LETTERS)

    def make_keys(self):
        """One of each kind; gives the settings that sign with both."""
        self.keys = {}
        for name, words in (("rsa", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
                            ("ed", ["-algorithm", "ED25519"])):
            file = self.dir / f"{name}.pem"
            made = self.run_program("openssl", "genpkey", *words, "-out", file)
            self.assertEqual(made.code, 0, made.err)
            file.chmod(0o600)
            der = subprocess.run(["openssl", "pkey", "-in", file, "-pubout", "-outform", "DER"],
                                 capture_output=True, check=True).stdout
            self.keys[name] = der
        return "".join(f'[[mail.dkim]]\ndomain = "school.example"\nselector = "{name}"\n'
                       f'key_file = "{self.dir}/{name}.pem"\n' for name in self.keys)

    def check_signatures(self, delivered):
        folder = self.dir / "signed"
        folder.mkdir()
        for number, raw in enumerate(delivered[:50]):
            (folder / f"{number}.eml").write_bytes(as_it_came(raw))
        for name, der in self.keys.items():
            (self.dir / f"{name}.der").write_bytes(der)
        verified = self.run_program("/usr/bin/python3", "-c", VERIFY, self.dir, folder)
        self.assertEqual(verified.code, 0, verified.err)
        self.assertEqual(verified.out.split(), ["100"])  # both signatures of each

    def make_tls(self):
        """A throw-away authority: the load generator makes one when it starts."""
        server = self.start_smtp(tls="implicit")
        server.terminate()
        server.wait(10)


# With Debian's python3, which has python3-dkim.
VERIFY = """
import base64, pathlib, sys, dkim
home, folder = map(pathlib.Path, sys.argv[1:])
public = {
    "rsa": b"v=DKIM1; k=rsa; p=" + base64.b64encode((home / "rsa.der").read_bytes()),
    "ed": b"v=DKIM1; k=ed25519; p=" + base64.b64encode((home / "ed.der").read_bytes()[-32:])}
good = 0
for file in folder.iterdir():
    message = dkim.DKIM(file.read_bytes())
    count = sum(name.lower() == b"dkim-signature" for name, _ in message.headers)
    for index in range(count):
        good += message.verify(idx=index, dnsfunc=lambda name, timeout=5:
                               public[name.decode().split("._domainkey")[0]])
print(good)
"""

if __name__ == "__main__":
    main()
