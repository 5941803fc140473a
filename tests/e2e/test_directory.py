"""Users and groups from a directory service: OpenLDAP's slapd, laid out as each kind does it."""
import os
import struct
import subprocess
import time
import uuid

from ldap_host import BASE, Cutter, Slapd, entry
from mail_hosts import free_port
from world import MUSTER, World, main, wait_for

USERS = int(os.environ.get("MUSTER_DIRECTORY_USERS", "20000"))


def guid(number, kind=1):
    return str(uuid.UUID(int=kind << 64 | number))


def generic_user(number, uid=None, **more):
    name = uid or f"user{number}"
    return entry(f"uid={name},cn=users,{BASE}", objectClass=["inetOrgPerson", "lockable"], uid=name,
                 cn=f"Zoë {number}", sn="S", mail=f"{name}@school.example", entryUUID=guid(number),
                 **more)


def generic_group(number, name, members):
    return entry(f"cn={name},cn=groups,{BASE}", objectClass="groupOfNames", cn=name, member=members,
                 entryUUID=guid(number, 2))


def user_dn(number):
    return f"uid=user{number},cn=users,{BASE}"


def group_dn(name):
    return f"CN={name}, cn=groups,{BASE.upper()}"  # as nobody wrote the entry's own


def od_user(number, **more):
    return entry(f"uid=user{number},cn=users,{BASE}", objectClass=["inetOrgPerson", "apple-user"],
                 uid=f"user{number}", cn=f"User {number}", sn="S",
                 apple_generateduid=guid(number).upper(), **more)


def od_group(number, name, **more):
    return entry(f"cn={name},cn=groups,{BASE}", objectClass=["posixGroup", "apple-group"], cn=name,
                 gidNumber=1000 + number, apple_group_realname=f"The {name}",
                 apple_generateduid=guid(number, 2).upper(), **more)


def sid(number):
    return b"\x01\x05" + bytes(5) + b"\x05" + struct.pack("<5I", 21, 1, 2, 3, number)


def ad_user(number, control=512, primary=513):
    return entry(f"cn=User {number},cn=users,{BASE}", objectClass="user", cn=f"User {number}",
                 sAMAccountName=f"user{number}", displayName=f"The User {number}",
                 objectCategory="person", userAccountControl=control, primaryGroupID=primary,
                 objectGUID=uuid.UUID(guid(number)).bytes_le, objectSid=sid(2000 + number))


def ad_group(number, name, relative=None, **more):
    return entry(f"cn={name},cn=groups,{BASE}", objectClass="group", cn=name, sAMAccountName=name,
                 objectGUID=uuid.UUID(guid(number, 2)).bytes_le,
                 objectSid=sid(relative or 3000 + number), **more)


class Directory(World):
    def serve(self, entries, **options):
        server = Slapd(self.dir, entries, **options)
        self.addCleanup(server.stop)
        return server

    def settle(self, directory="start_tls = false", url=None):
        self.config = self.dir / "muster.toml"
        address = f'url = "{url}/"\n' if url else ""
        self.config.write_text(f'[data]\ndir = "{self.dir}/data"\n[directory]\n{address}{directory}\n')

    def sync(self, server, *words):
        return self.muster_ok("import", f"{server.url}/", "--json", *words).json()

    def refuse(self, server, *words, says, code=3):
        done = self.muster("import", f"{server.url}/", *words)
        lines = [line for line in done.err.strip().split("\n") if line.startswith("muster: ")]
        self.assertEqual((done.code, len(lines)), (code, 1), f"{done.out}\n{done.err}")
        for part in says:
            self.assertIn(part, lines[0])
        self.assertNotIn("correct horse", done.err + done.out)
        self.assertNotIn("wrong horse", done.err + done.out)

    def members(self, group):
        return self.muster_ok("group", "show", group, "--json").json()["members"]

    def test_a_directory_of_no_kind_in_particular(self):
        entries = ("".join(generic_user(n) for n in range(5)) +
                   generic_group(1, "staff", [user_dn(0), group_dn("teachers")]) +
                   generic_group(2, "teachers", [user_dn(1), user_dn(2)]) +
                   entry(f"cn=posix,cn=groups,{BASE}", objectClass="posixGroup", cn="posix",
                         gidNumber=7, memberUid=["user3", "nobody"], entryUUID=guid(3, 2)))
        first = self.serve(entries)
        self.settle()
        tried = self.muster_ok("import", f"{first.url}/", "--dry-run")
        self.assertIn("would add 5 users: user0, user1, user2, user3, user4", tried.out)
        self.assertIn("1 members of groups are neither users nor groups", tried.out)
        self.assertEqual(self.sync(first)["changes"]["users"]["added"]["count"], 5)
        self.assertEqual([self.members(name) for name in ("staff", "teachers", "posix")], [3, 2, 1])
        user = self.muster_ok("user", "show", "user1", "--json").json()
        self.assertEqual((user["full_name"], user["email"]), ("Zoë 1", "user1@school.example"))
        # user1 is renamed, user2 locked, user3 gone, user5 new.
        second = self.serve(generic_user(0) + generic_user(1, "ann") +
                            generic_user(2, nsAccountLock="TRUE") + generic_user(4) +
                            generic_user(5) + generic_group(2, "teachers", [
                                f"uid=ann,cn=users,{BASE}", user_dn(2)]))
        changes = self.sync(second)["changes"]
        self.assertEqual(changes["users"]["added"], {"count": 1, "first": ["user5"]})
        self.assertEqual(changes["users"]["changed"], {"count": 1, "first": ["ann"]})
        self.assertEqual(changes["users"]["removed"], {"count": 1, "first": ["user3"]})
        self.assertEqual(changes["groups"]["removed"]["count"], 2)
        self.assertEqual(self.members("teachers"), 2)
        self.assertEqual(self.muster("user", "show", "user1").code, 4)

    def test_open_directory_with_groups_four_deep_and_in_a_circle(self):
        server = self.serve(
            "".join(od_user(n) for n in range(4)) + od_user(4, authAuthority=";DisabledUser;") +
            od_group(1, "school", apple_group_nestedgroup=guid(2, 2)) +
            od_group(2, "year", apple_group_nestedgroup=guid(3, 2), memberUid="user0",
                     apple_group_memberguid=guid(0).upper()) +
            od_group(3, "class", apple_group_nestedgroup=guid(4, 2).upper(), memberUid="user1") +
            od_group(4, "club", apple_group_nestedgroup=guid(3, 2), apple_group_memberguid=guid(2)))
        self.settle()
        report = self.sync(server, "--format", "open-directory")
        self.assertEqual(report["users"], 4)
        self.assertIn("'class', 'club' hold one another", report["warnings"][0])
        self.assertEqual([self.members(name) for name in ("school", "year", "class", "club")],
                         [3, 3, 2, 2])
        self.assertEqual(self.muster_ok("group", "show", "year", "--json").json()["name"], "The year")

    def test_active_directory_with_pages_and_a_primary_group(self):
        server = self.serve("".join(ad_user(n) for n in range(1200)) + ad_user(1200, control=514) +
                            ad_user(1201, primary=3002) +
                            ad_group(1, "Domain Users", relative=513) +
                            ad_group(2, "staff", member=[f"cn=User {n},cn=users,{BASE}"
                                                         for n in range(700)]))
        self.settle('kind = "active-directory"\nstart_tls = false')
        report = self.sync(server)
        self.assertEqual((report["users"], report["groups"]), (1201, 2))
        self.assertEqual((self.members("Domain Users"), self.members("staff")), (1200, 701))
        self.settle('kind = "active-directory"\nstart_tls = false\npage_size = 0')
        self.refuse(server, says=["does not give all its entries", "limit"])

    def make_tls(self, name):
        """An authority and a certificate for 127.0.0.1 by it."""
        folder = self.dir / name
        folder.mkdir()
        (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        for words in (["req", "-x509", *new_key, "-days", "2", "-subj", f"/CN={name}", "-keyout",
                       folder / "ca.key", "-out", folder / "ca.pem"],
                      ["req", *new_key, "-subj", "/CN=slapd", "-keyout", folder / "server.key",
                       "-out", folder / "server.csr"],
                      ["x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem",
                       "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2", "-extfile",
                       folder / "san", "-out", folder / "server.pem"]):
            subprocess.run(["openssl", *words], check=True, capture_output=True)
        return folder

    def with_login(self, server, authority, password="correct horse", more=""):
        (self.dir / "password").write_text(password + "\n")
        (self.dir / "password").chmod(0o600)
        self.settle(f'bind_dn = "cn=reader,{BASE}"\npassword_file = "{self.dir}/password"\n'
                    f'trust_file = "{authority}/ca.pem"\n{more}', url=server.url)

    def test_a_login_goes_over_a_verified_connection_alone(self):
        tls, other = self.make_tls("ours"), self.make_tls("others")
        entries = generic_user(1)
        server = self.serve(entries, tls=tls, settings="disallow bind_anon\nrequire authc")
        self.with_login(server, tls)
        self.assertEqual(self.sync(server)["users"], 1)
        self.with_login(server, tls, "wrong horse")
        self.refuse(server, says=["refuses the login", "password_file"])
        self.with_login(server, other)
        self.refuse(server, says=["could not be secured", "trust_file"])
        secured = self.serve(entries, tls=tls, secured=True)
        self.with_login(secured, tls)
        self.assertEqual(self.sync(secured)["users"], 1)
        self.with_login(secured, other)
        self.refuse(secured, says=["could not be secured", "trust_file"])
        plain = self.serve(entries)
        self.with_login(plain, tls)
        self.refuse(plain, says=["does not secure connections", "start_tls = false"])

    def test_the_password_is_for_the_server_of_the_settings_alone(self):
        tls = self.make_tls("ours")
        ours, other = (self.serve(generic_user(1), tls=tls,
                                  settings="disallow bind_anon\nrequire authc") for _ in range(2))
        self.with_login(ours, tls)
        self.sync(ours)
        self.refuse(other, says=["bind_dn"])

    def test_nobody_answers(self):
        server = self.serve(generic_user(1))
        server.process.terminate()
        server.process.wait(20)
        self.settle()
        self.refuse(server, says=["nobody answers there"])

    def test_a_wrong_base_is_named(self):
        server = self.serve(generic_user(1))
        self.settle('start_tls = false\nbase = "dc=nowhere"')
        self.refuse(server, says=["'dc=nowhere'", "base in [directory]"])

    def test_a_connection_that_is_cut_changes_nothing(self):
        before = "".join(generic_user(n) for n in range(50))
        self.settle()
        self.sync(self.serve(before))
        after = self.serve("".join(generic_user(n) for n in range(25, 1500)))
        for bytes_max in (1_000, 60_000, 200_000):
            cutter = Cutter(after.port, bytes_max)
            done = self.muster("import", f"ldap://127.0.0.1:{cutter.port}/")
            cutter.stop()
            self.assertEqual(done.code, 3, done.out)
            self.assertIn("connection was lost half-way", done.err)
            self.assertEqual(self.muster("user", "show", "user0").code, 0)
            self.assertEqual(self.muster("user", "show", "user60").code, 4)

    def test_that_would_remove_most_is_refused(self):
        self.settle()
        self.sync(self.serve("".join(generic_user(n) for n in range(40))))
        fewer = self.serve("".join(generic_user(n) for n in range(10)))
        self.refuse(fewer, says=["30 of the 40 users", "removals_percent_max"])
        self.settle("start_tls = false\nremovals_percent_max = 80")
        self.assertEqual(self.sync(fewer)["changes"]["users"]["removed"]["count"], 30)

    def test_serving_reads_it_by_itself(self):
        server = self.serve(generic_user(1))
        self.settle(f'start_tls = false\nsync_every = "1m"\n[server]\nlisten = "127.0.0.1:{free_port()}"',
                    url=server.url)
        log = open(self.dir / "serve.log", "w")
        serving = self.start(MUSTER, "serve", "--config", self.config, stdout=log, stderr=log)
        log.close()
        wait_for("the first reading", lambda: self.muster("user", "show", "user1").code == 0)
        self.assertIsNone(serving.poll(), (self.dir / "serve.log").read_text())

    def test_many_users(self):
        groups = "".join(generic_group(n, f"class{n}", [user_dn(m) for m in range(n, USERS, 100)])
                         for n in range(100))
        server = self.serve("".join(generic_user(n) for n in range(USERS)) + groups)
        self.settle()
        began = time.monotonic()
        report = self.sync(server)
        first = time.monotonic() - began
        self.assertEqual((report["users"], report["memberships"]), (USERS, USERS))
        began = time.monotonic()
        self.assertEqual(self.sync(server)["changes"]["users"]["changed"]["count"], 0)
        print(f"{USERS} users: {first:.1f} s, again {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
