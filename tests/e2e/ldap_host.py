"""OpenLDAP's slapd, with its own configuration, schema, entries and free port on loopback.

Unpacked by tests/peers.sh, never installed; it runs as whoever runs the tests. Its entries are an
LDIF that the test writes, loaded by slapadd, so that a test may give entryUUID and the like. For
other directories it is taught their attributes: enough of Open Directory's and Active Directory's
schemas for what Muster asks. What slapd cannot do (parts of members, in-chain) is tested in
tests/directory/reading_test.cc.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import threading

from mail_hosts import STARTS_MAX, free_port, unpacked
from world import wait_for

BASE = "dc=school,dc=example"
SCHEMA = """
attributetype ( 1.1.1.1 NAME 'apple-generateduid' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.1.1.2 NAME 'apple-group-realname' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.1.1.3 NAME 'apple-group-memberguid' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.1.1.4 NAME 'apple-group-nestedgroup' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.1.1.5 NAME 'authAuthority' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.1.2.1 NAME 'apple-user' SUP top AUXILIARY
  MAY ( apple-generateduid $ authAuthority ) )
objectclass ( 1.1.2.2 NAME 'apple-group' SUP top AUXILIARY
  MAY ( apple-generateduid $ apple-group-realname $ apple-group-memberguid
        $ apple-group-nestedgroup ) )
attributetype ( 1.1.1.10 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.1.1.11 NAME 'objectSid' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.1.1.12 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.1.1.13 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.1.1.14 NAME 'primaryGroupID' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.1.1.15 NAME 'objectCategory' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.1.1.16 NAME 'memberOf' EQUALITY distinguishedNameMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
objectclass ( 1.1.2.10 NAME 'user' SUP top STRUCTURAL MUST cn
  MAY ( sAMAccountName $ objectGUID $ objectSid $ userAccountControl $ primaryGroupID
        $ objectCategory $ memberOf $ displayName $ mail $ preferredLanguage ) )
objectclass ( 1.1.2.11 NAME 'group' SUP top STRUCTURAL MUST cn
  MAY ( sAMAccountName $ objectGUID $ objectSid $ member $ memberOf ) )
attributetype ( 1.1.1.20 NAME 'nsAccountLock' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.1.2.20 NAME 'lockable' SUP top AUXILIARY MAY nsAccountLock )
"""


def entry(dn, **attributes):
    """One entry of an LDIF; `_` in names stands for `-`, bytes are written in base64."""
    import base64
    lines = [f"dn: {dn}"]
    for name, values in attributes.items():
        for value in values if isinstance(values, (list, tuple)) else [values]:
            name = name.replace("_", "-")
            if isinstance(value, bytes) or not str(value).isascii():
                raw = value if isinstance(value, bytes) else str(value).encode()
                lines.append(f"{name}:: {base64.b64encode(raw).decode()}")
            else:
                lines.append(f"{name}: {value}")
    return "\n".join(lines) + "\n\n"


def root_entries():
    return (entry(BASE, objectClass=["dcObject", "organization"], dc="school", o="School") +
            "".join(entry(f"{name},{BASE}", objectClass="applicationProcess", cn=name[3:])
                    for name in ("cn=users", "cn=groups", "cn=it")) +
            entry(f"cn=reader,{BASE}", objectClass=["organizationalRole", "simpleSecurityObject"],
                  cn="reader", userPassword="correct horse"))


class Slapd:
    """Started by its constructor with these entries; stop() ends it."""

    def __init__(self, folder, entries, settings="", tls=None, secured=False):
        self.root = unpacked("slapd")
        self.dir = pathlib.Path(folder) / f"slapd-{os.urandom(4).hex()}"
        (self.dir / "db").mkdir(parents=True)
        lib = f"{self.root}/usr/lib/x86_64-linux-gnu"
        self.env = {**os.environ, "LD_LIBRARY_PATH": f"{lib}:{self.root}/usr/lib:{self.root}/lib/x86_64-linux-gnu"}
        self.configure(settings, tls)
        (self.dir / "all.ldif").write_text(root_entries() + entries)
        self.run("slapadd", "-q", "-l", self.dir / "all.ldif")
        scheme = "ldaps" if secured else "ldap"
        for _ in range(STARTS_MAX):
            self.port = free_port()
            self.url = f"{scheme}://127.0.0.1:{self.port}"
            with open(self.dir / "log", "w") as log:
                self.process = subprocess.Popen(
                    [f"{self.root}/usr/sbin/slapd", "-d", "0", "-h", self.url, "-f",
                     self.dir / "slapd.conf"], env=self.env, stdin=subprocess.DEVNULL, stdout=log,
                    stderr=subprocess.STDOUT)
            wait_for("slapd listening", lambda: self.answers() or self.process.poll() is not None, 20)
            if self.process.poll() is None:
                return
        raise AssertionError(f"slapd does not start:\n{(self.dir / 'log').read_text()}")

    def configure(self, settings, tls):
        schemas = "\n".join(f"include {self.root}/etc/ldap/schema/{name}.schema"
                            for name in ("core", "cosine", "inetorgperson", "nis"))
        (self.dir / "own.schema").write_text(SCHEMA)
        certificates = "" if tls is None else (
            f"TLSCertificateFile {tls}/server.pem\nTLSCertificateKeyFile {tls}/server.key\n"
            f"TLSCACertificateFile {tls}/ca.pem\n")
        (self.dir / "slapd.conf").write_text(f"""{schemas}
include {self.dir}/own.schema
modulepath {self.root}/usr/lib/ldap
moduleload back_mdb
pidfile {self.dir}/pid
{certificates}
{settings}
database mdb
maxsize 1073741824
suffix "{BASE}"
directory {self.dir}/db
index objectClass eq
sizelimit size.soft=500 size.hard=500 size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by * read
""")

    def run(self, tool, *words):
        """slapd under another name."""
        link = self.dir / tool
        link.symlink_to(f"{self.root}/usr/sbin/slapd")
        done = subprocess.run([link, "-f", self.dir / "slapd.conf", *words], env=self.env,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{tool}: {done.stdout}{done.stderr}")

    def answers(self):
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)


class Cutter:
    """Stands before a server and cuts the connection after so many of its bytes."""

    def __init__(self, port, bytes_max):
        self.target, self.left = port, bytes_max
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=self.forward, args=(client, server), daemon=True).start()
        try:
            while self.left > 0:
                data = server.recv(min(self.left, 65536))
                if not data:
                    break
                client.sendall(data)
                self.left -= len(data)
        finally:
            for end in (client, server):
                end.shutdown(socket.SHUT_RDWR)
                end.close()

    @staticmethod
    def forward(client, server):
        try:
            while data := client.recv(65536):
                server.sendall(data)
        except OSError:
            pass

    def stop(self):
        self.listener.close()
        self.thread.join(20)
