"""Mail servers that are not ours, each with its own configuration, spool and free port on loopback.

Postfix, Exim and OpenSMTPD exclude one another as installed packages, so they are unpacked
(tests/peers.sh) and never installed. They insist on users and on paths of their own; each runs in a
mount namespace in which those users and paths exist, and nothing outside it changes. What they
accepted lies in a maildir, one file a message, as they wrote it.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from world import BINARY_DIR, SOURCE_DIR, wait_for

STARTS_MAX = 5  # a free port may be taken by somebody else before the server listens on it
USERS = {"Debian-exim": 64101, "opensmtpd": 64102, "opensmtpq": 64103, "muster-mail": 64104}
DOMAIN = "school.example"


def peers_places():
    return ([pathlib.Path(os.environ["MUSTER_PEERS"])] if "MUSTER_PEERS" in os.environ else
            [BINARY_DIR.parent / "peers", SOURCE_DIR / "build/peers"])


def unpacked(program):
    """The folder that tests/peers.sh unpacked servers into, with this one of /usr/sbin."""
    for place in peers_places():
        if (place / "root/usr/sbin" / program).exists():
            return (place / "root").resolve()
    raise AssertionError(f"{program} is not unpacked: run bash tests/peers.sh build")


def npm_modules():
    """Where npm's packages are; None: they could not be had (tests/peers.sh says why)."""
    for place in peers_places():
        if (place / "npm/mail/node_modules/smtp-server").exists() and shutil.which("node"):
            return (place / "npm/mail/node_modules").resolve()
    return None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_it_came(raw):
    """A delivered message as it came: without what the delivery wrote above it, in CR LF."""
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    while lines[0].split(b":")[0].lower() in (b"return-path", b"x-original-to", b"delivered-to",
                                              b"received", b"envelope-to", b"delivery-date") or \
            lines[0][:1] in (b" ", b"\t"):
        lines.pop(0)
    return b"\r\n".join(lines)


def greets(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        try:
            probe.connect(("127.0.0.1", port))
            return probe.recv(4) == b"220 "
        except OSError:
            return False


class MailHost:
    """Started by its constructor, stopped by stop(); `folder` is its own."""
    name = ""

    def __init__(self, folder):
        self.root = unpacked("postfix")
        self.dir = pathlib.Path(folder) / self.name
        self.maildir = self.dir / "maildir"
        for attempt in range(STARTS_MAX):
            self.port = free_port()
            self.prepare()
            with open(self.dir / "out", "w") as out:
                self.process = subprocess.Popen(
                    ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh",
                     str(self.script())],
                    stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                    start_new_session=True)
            try:
                wait_for(f"{self.name} listening",
                         lambda: greets(self.port) or self.process.poll() is not None, 20)
            except AssertionError:
                pass
            if greets(self.port):
                return
            self.stop()
        raise AssertionError(f"{self.name} does not start:\n{self.log()}")

    def prepare(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        self.maildir.mkdir(parents=True)
        # They drop their privileges and must still come to their folders.
        for folder in (self.dir, *self.dir.parents):
            if folder == pathlib.Path("/tmp"):
                break
            folder.chmod(folder.stat().st_mode | 0o755)
        os.chown(self.maildir, USERS["muster-mail"], USERS["muster-mail"])
        for kind in ("passwd", "group"):
            lines = pathlib.Path("/etc", kind).read_text()
            for user, number in USERS.items():
                tail = f"{number}::{self.maildir}:/bin/sh" if kind == "passwd" else ""
                lines += f"{user}:x:{number}:{tail}\n"
            (self.dir / kind).write_text(lines)
        self.configure()

    def script(self):
        file = self.dir / "start.sh"
        file.write_text(f"set -e\nmount --bind {self.dir}/passwd /etc/passwd\n"
                        f"mount --bind {self.dir}/group /etc/group\n{self.start_words()}\n")
        return file

    def log(self):
        return "".join(file.read_text(errors="replace")[-3000:] for file in
                       (self.dir / "out", self.dir / "log") if file.is_file())

    def messages(self):
        """The messages that it delivered, as bytes."""
        return [file.read_bytes() for file in sorted(self.maildir.glob("**/new/*"))]

    def wait_for_messages(self, count, deadline_s=120):
        def arrived():
            return len(list(self.maildir.glob("**/new/*"))) >= count
        wait_for(f"{self.name} delivering {count} messages", arrived, deadline_s)
        return self.messages()

    def stop(self):
        """Ends its namespace of processes, and with it everything that it started."""
        if self.process.poll() is None:
            children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            for first in children.read_text().split():
                os.kill(int(first), signal.SIGKILL)  # the first process of the namespace
            self.process.wait(20)
        wait_for(f"{self.name}'s end", lambda: not greets(self.port))


class Postfix(MailHost):
    """With the synchronisation check that is on by default since Postfix 3.9."""
    name = "postfix"

    def __init__(self, folder, tls=None, settings="", transport="virtual"):
        self.tls, self.settings, self.transport = tls, settings, transport
        super().__init__(folder)

    def configure(self):
        for folder in ("etc", "queue", "data"):
            (self.dir / folder).mkdir()
        os.chown(self.dir / "data", USERS["opensmtpd"], USERS["opensmtpd"])
        tls = "" if self.tls is None else (
            f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {self.tls}/server.pem\n"
            f"smtpd_tls_key_file = {self.tls}/server.key\n")
        (self.dir / "etc/main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {self.dir}/queue
command_directory = {self.root}/usr/sbin
daemon_directory = {self.root}/usr/lib/postfix/sbin
shlib_directory = {self.root}/usr/lib/postfix
meta_directory = {self.root}/etc/postfix
data_directory = {self.dir}/data
mail_owner = opensmtpd
setgid_group = opensmtpq
default_privs = nobody
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.test
mydestination =
virtual_transport = {self.transport}
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_base = {self.maildir}
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{USERS["muster-mail"]}
virtual_gid_maps = static:{USERS["muster-mail"]}
virtual_mailbox_limit = 0
import_environment = MAIL_CONFIG LD_LIBRARY_PATH PATH MAIL_LOGTAG
export_environment = LD_LIBRARY_PATH PATH
smtpd_forbid_unauth_pipelining = yes
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
maillog_file = {self.dir}/log
maillog_file_prefixes = {self.dir}
{tls}{self.settings}
""")
        services = "\n".join(f"{name} unix {rest}" for name, rest in (
            ("cleanup", "n - n - 0 cleanup"), ("pickup", "n - n 60 1 pickup"),
            ("qmgr", "n - n 300 1 qmgr"),
            ("rewrite", "- - n - - trivial-rewrite"), ("bounce", "- - n - 0 bounce"),
            ("defer", "- - n - 0 bounce"), ("trace", "- - n - 0 bounce"),
            ("flush", "n - n 1000? 0 flush"), ("proxymap", "- - n - - proxymap"),
            ("smtp", "- - n - - smtp"), ("error", "- - n - - error"),
            ("retry", "- - n - - error"), ("discard", "- - n - - discard"),
            ("virtual", "- n n - - virtual"), ("anvil", "- - n - 1 anvil"),
            ("tlsmgr", "- - n 1000? 1 tlsmgr")))
        (self.dir / "etc/master.cf").write_text(
            f"127.0.0.1:{self.port} inet n - n - - smtpd\n{services}\n"
            "postlog unix-dgram n - n - 1 postlogd\n")

    def start_words(self):
        root = self.root
        return (f"export LD_LIBRARY_PATH={root}/usr/lib/postfix:{root}/usr/lib/x86_64-linux-gnu "
                f"MAIL_CONFIG={self.dir}/etc\n"
                f"{root}/usr/sbin/postfix -c {self.dir}/etc check\n"
                f"exec {root}/usr/lib/postfix/sbin/master -c {self.dir}/etc -d")


class Exim(MailHost):
    """With smtp_enforce_sync, and with CHUNKING."""
    name = "exim"

    def configure(self):
        for folder in ("spool", "logs"):
            (self.dir / folder).mkdir()
            os.chown(self.dir / folder, USERS["Debian-exim"], USERS["Debian-exim"])
        os.chown(self.dir, USERS["Debian-exim"], USERS["Debian-exim"])
        os.chown(self.maildir, USERS["Debian-exim"], USERS["Debian-exim"])
        file = self.dir / "exim.conf"
        file.write_text(f"""
keep_environment = LD_LIBRARY_PATH
exim_path = {self.root}/usr/sbin/exim4
spool_directory = {self.dir}/spool
log_file_path = {self.dir}/logs/%slog
pid_file_path = {self.dir}/spool/exim.pid
exim_user = Debian-exim
exim_group = Debian-exim
deliver_drop_privilege = true
primary_hostname = exim.test
daemon_smtp_ports = {self.port}
local_interfaces = 127.0.0.1
domainlist local_domains = {DOMAIN}
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
smtp_enforce_sync = true
chunking_advertise_hosts = *
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
smtp_accept_queue_per_connection = 0
queue_run_max = 20
remote_max_parallel = 1
begin acl
acl_rcpt:
  accept domains = +local_domains
  deny message = relay not permitted
acl_data:
  accept
begin routers
all:
  driver = accept
  domains = +local_domains
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {self.maildir}
  maildir_format
  create_directory
begin retry
* * F,2h,15m
""")

    def start_words(self):
        return (f"export LD_LIBRARY_PATH={self.root}/usr/lib/x86_64-linux-gnu\n"
                f"exec {self.root}/usr/sbin/exim4 -C {self.dir}/exim.conf -bdf -q1s")

    def log(self):
        return super().log() + "".join(file.read_text(errors="replace")[-2000:]
                                       for file in self.dir.glob("logs/*"))


class OpenSmtpd(MailHost):
    """Offers no PIPELINING, and closes at the first byte ahead of its turn."""
    name = "opensmtpd"

    def configure(self):
        for folder in ("spool", "empty"):
            (self.dir / folder).mkdir()
        (self.dir / "spool").chmod(0o711)
        (self.dir / "smtpd.conf").write_text(
            f'listen on 127.0.0.1 port {self.port} hostname opensmtpd.test\n'
            f'table users {{ "@{DOMAIN}" = muster-mail }}\n'
            f'action "local" maildir "{self.maildir}/all" virtual <users>\n'
            f'match from any for domain "{DOMAIN}" action "local"\n')

    def start_words(self):
        # Paths that are compiled in.
        return f"""for place in /usr/libexec /var/spool /var/lib /run; do
  mkdir -p $place; mount -t tmpfs none $place
done
mkdir -p /usr/libexec/opensmtpd /var/spool/smtpd /var/lib/opensmtpd/empty
mount --bind {self.root}/usr/libexec/opensmtpd /usr/libexec/opensmtpd
mount --bind {self.dir}/spool /var/spool/smtpd
export LD_LIBRARY_PATH={self.root}/usr/lib/x86_64-linux-gnu
exec {self.root}/usr/sbin/smtpd -d -f {self.dir}/smtpd.conf"""


class SmtpSink(MailHost):
    """Postfix's own: fast, keeps nothing unless asked; PIPELINING and no CHUNKING."""
    name = "smtp-sink"

    def __init__(self, folder, *words):
        self.words = words
        super().__init__(folder)

    def configure(self):
        pass

    def start_words(self):
        return (f"export LD_LIBRARY_PATH={self.root}/usr/lib/postfix:"
                f"{self.root}/usr/lib/x86_64-linux-gnu\n"
                f"exec {self.root}/usr/sbin/smtp-sink -u muster-mail {' '.join(self.words)} "
                f"127.0.0.1:{self.port} 1000")


class NpmSmtpServer(MailHost):
    """npm's smtp-server: STARTTLS, and a login before anything is taken."""
    name = "npm-smtp-server"
    user, password = "it", "correct horse"

    def __init__(self, folder, tls):
        self.tls = tls
        super().__init__(folder)

    def configure(self):
        for folder in ("tmp", "new"):
            (self.maildir / folder).mkdir()
        (self.dir / "settings.json").write_text(json.dumps({
            "port": self.port, "maildir": str(self.maildir), "user": self.user,
            "password": self.password, "certificate_file": str(self.tls / "server.pem"),
            "key_file": str(self.tls / "server.key")}))

    def start_words(self):
        return (f"export NODE_PATH={npm_modules()}\n"
                f"exec node {SOURCE_DIR}/tests/e2e/smtp_server.js {self.dir}/settings.json")


if __name__ == "__main__":  # a look at them by themselves: each takes one message from smtplib
    import smtplib
    import tempfile
    place = tempfile.mkdtemp(prefix="muster-mail-hosts.")
    for kind in (Postfix, Exim, OpenSmtpd, SmtpSink):
        host = kind(place)
        with smtplib.SMTP("127.0.0.1", host.port, timeout=5) as client:
            client.ehlo()
            client.sendmail(f"it@{DOMAIN}", [f"user@{DOMAIN}"],
                            "Subject: hello\r\n\r\nhello\r\n")
        began = time.monotonic()
        count = 0 if kind is SmtpSink else len(host.wait_for_messages(1, 20))
        print(kind.name, client.esmtp_features, count, f"{time.monotonic() - began:.2f} s")
        host.stop()
    shutil.rmtree(place)
