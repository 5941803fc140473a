"""Apple School Manager's and OneRoster's files of a made-up school, as directories and archives."""
import csv
import zipfile

from world import World, main

PUPILS = 5000
TEACHERS = 300
CLASSES = 250
LOCATIONS = 4


def table(path, header, rows, separator=","):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, delimiter=separator, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def classes_of(pupil):
    return sorted({(pupil * 7 + turn * 31) % CLASSES for turn in range(5)})


def apple_school(folder, separator=",", pupils=PUPILS):
    folder.mkdir()
    put = lambda name, header, rows: table(folder / name, header, rows, separator)
    put("locations.csv", "location_id,location_name",
        [[f"L{n}", f"School {n}"] for n in range(LOCATIONS)])
    put("students.csv", "person_id,first_name,middle_name,last_name,grade_level,email_address,"
        "location_id,location_id_2",
        [[f"p{n}", f"Zoë, {n}", "", "Pupil", n % 13, f"p{n}@school.example", f"L{n % LOCATIONS}",
          "L0" if n % 10 == 1 else ""] for n in range(pupils)])
    put("staff.csv", "location_id,person_id,first_name,last_name,email_address,managed_apple_account",
        [[f"L{n % LOCATIONS}", f"t{n}", "Tea", f"Cher {n}", "", f"t{n}@apple.example"]
         for n in range(TEACHERS)])
    put("courses.csv", "course_id,course_number,course_name,location_id", [["c", 1, "Biology", "L0"]])
    put("classes.csv", "class_id,class_number,course_id,instructor_id,location_id",
        [[f"k{n}", n, "c", f"t{n % TEACHERS}", f"L{n % LOCATIONS}"] for n in range(CLASSES)])
    put("rosters.csv", "roster_id,class_id,student_id",
        [[f"{n}/{k}", f"k{k}", f"p{n}"] for n in range(pupils) for k in classes_of(n)])
    return folder


def one_roster(folder, version, extent="bulk"):
    folder.mkdir()
    users = ("sourcedId,status,enabledUser,givenName,familyName,email,grades" +
             (",orgSourcedIds,role" if version == "1.1" else ""))
    files = ["orgs", "users", "classes", "enrollments"] + (["roles"] if version == "1.2" else [])
    table(folder / "manifest.csv", "propertyName,value",
          [["manifest.version", "1.0"], ["oneroster.version", version],
           ["source.systemCode", "sis"]] + [[f"file.{name}", extent] for name in files])
    table(folder / "orgs.csv", "sourcedId,status,name,type,parentSourcedId",
          [["d", "", "District", "district", ""]] +
          [[f"o{n}", "", f"School {n}", "school", "d"] for n in range(LOCATIONS)])

    def user(name, n, role):
        row = [name, "", "true", "Zoë", f"User {n}", f"{name}@school.example", n % 13]
        return row + ([f"o{n % LOCATIONS}", role] if version == "1.1" else [])
    everybody = ([(f"p{n}", n, "student") for n in range(PUPILS)] +
                 [(f"t{n}", n, "teacher") for n in range(TEACHERS)] +
                 [(f"g{n}", n, "guardian") for n in range(100)])
    table(folder / "users.csv", users, [user(*one) for one in everybody])
    if version == "1.2":
        table(folder / "roles.csv", "sourcedId,status,userSourcedId,roleType,role,orgSourcedId",
              [[f"r-{name}", "", name, "primary", role, f"o{n % LOCATIONS}"]
               for name, n, role in everybody])
    table(folder / "classes.csv", "sourcedId,status,title,classCode,schoolSourcedId",
          [[f"k{n}", "", f"Class {n}", "", f"o{n % LOCATIONS}"] for n in range(CLASSES)])
    table(folder / "enrollments.csv", "sourcedId,status,classSourcedId,userSourcedId,role",
          [[f"{n}/{k}", "", f"k{k}", f"p{n}", "student"]
           for n in range(PUPILS) for k in classes_of(n)])
    return folder


def zipped(folder):
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


class SchoolFiles(World):
    def setUp(self):
        super().setUp()
        self.port, self.tls = 1, self.dir
        self.write_config(credential="")

    def take(self, path, *options):
        return self.muster_ok("import", path, "--json", *options).json()

    def audience(self, group):
        return self.muster_ok("preview", "--group", group, "--channels", "mail",
                              "--json").json()

    def changed(self, report):
        return {(kind, how): report["changes"][kind][how]["count"] for kind in ("users", "groups")
                for how in ("added", "changed", "removed")
                if report["changes"][kind][how]["count"]}

    def imported_twice(self, path, groups):
        first = self.take(path)
        self.assertEqual(first["users"], PUPILS + TEACHERS)
        self.assertEqual(first["groups"], groups)
        self.assertEqual(first["warnings"], [])
        self.assertEqual(self.changed(first), {("users", "added"): PUPILS + TEACHERS,
                                               ("groups", "added"): groups})
        self.assertEqual(self.changed(self.take(path)), {})

    def members(self, group):
        return self.muster_ok("group", "show", group, "--json").json()["members"]

    def test_apple_school_manager_as_a_directory_and_as_an_archive(self):
        school = apple_school(self.dir / "asm")
        self.imported_twice(school, LOCATIONS + 13 + 1 + CLASSES)
        self.assertEqual(self.changed(self.take(zipped(school))), {})
        self.assertEqual(self.members("school/staff"), TEACHERS)
        self.assertEqual(self.members("grade/3"), len(range(3, PUPILS, 13)))
        self.assertEqual(self.members("class/k17"),
                         sum(17 in classes_of(n) for n in range(PUPILS)))
        # The same with semicolons, and without the last hundred pupils.
        fewer = apple_school(self.dir / "fewer", ";", PUPILS - 100)
        would = self.take(fewer, "--dry-run")
        self.assertEqual(self.changed(would), {("users", "removed"): 100})
        self.assertEqual(self.changed(self.take(school)), {})
        self.assertEqual(self.changed(self.take(zipped(fewer))), {("users", "removed"): 100})

    def test_one_roster_11(self):
        school = one_roster(self.dir / "or11", "1.1")
        self.imported_twice(zipped(school), LOCATIONS + 1 + 13 + 1 + CLASSES)
        self.assertEqual(self.members("org/d"), PUPILS + TEACHERS)

    def test_one_roster_12_and_its_changes(self):
        school = one_roster(self.dir / "or12", "1.2")
        self.imported_twice(school, LOCATIONS + 1 + 13 + 1 + CLASSES)
        self.assertEqual(self.members("org/o1"),
                         len(range(1, PUPILS, LOCATIONS)) + len(range(1, TEACHERS, LOCATIONS)))
        delta = self.dir / "delta"
        delta.mkdir()
        table(delta / "manifest.csv", "propertyName,value",
              [["oneroster.version", "1.2"], ["source.systemCode", "sis"],
               ["file.users", "delta"], ["file.enrollments", "delta"]])
        table(delta / "users.csv", "sourcedId,status,enabledUser,givenName,familyName,email,grades",
              [[f"p{n}", "tobedeleted", "", "", "", "", ""] for n in range(7)] +
              [["p7", "active", "true", "Zoë", "Renamed", "p7@school.example", 7]])
        table(delta / "enrollments.csv", "sourcedId,status,classSourcedId,userSourcedId,role",
              [["8/x", "tobedeleted", f"k{classes_of(8)[0]}", "p8", "student"]])
        report = self.take(zipped(delta))
        self.assertEqual(self.changed(report), {("users", "changed"): 8})
        self.assertEqual(self.members("org/d"), PUPILS + TEACHERS)
        self.assertEqual(self.audience("org/d")["users"], PUPILS + TEACHERS - 7)
        self.assertEqual(self.changed(self.take(zipped(delta))), {})

    def test_the_doctor_looks_at_the_roster(self):
        self.take(apple_school(self.dir / "asm"))
        done = self.muster("doctor", "--roster", "--examples", "2", "--json")
        roster = [check for check in done.json()["checks"] if check["subject"] == "roster"]
        counts = [check["count"] for check in roster]
        self.assertEqual(counts, [TEACHERS, TEACHERS, PUPILS + TEACHERS, 0, 0, 0, 0])
        self.assertEqual(roster[0]["examples"], ["t0", "t1"])
        self.assertIn("have neither an address nor a device", self.muster("doctor", "--roster").out)
        self.assertNotIn("neither", self.muster("doctor").out)

    def test_an_inventory_of_its_devices_shows_their_radios(self):
        self.take(apple_school(self.dir / "asm"))
        inventory = self.dir / "inventory.csv"
        inventory.write_text("Serial Number,IMEI,MEID,User\nS1,35 209900 176148 1,,p1\n"
                             "S2,,a1-0000009b2c3d,\nS3,,,p3\n")
        self.take(inventory)
        rows = self.muster_ok("device", "list", "--json").json()["devices"]
        self.assertEqual([(row["serial"], row["user_id"], row["imei"], row["meid"]) for row in rows],
                         [("S1", "p1", "352099001761481", ""), ("S2", "", "", "A10000009B2C3D"),
                          ("S3", "p3", "", "")])
        self.assertIn("IMEI OR MEID", self.muster_ok("device", "list").out)

    def test_what_is_wrong_changes_nothing(self):
        school = apple_school(self.dir / "asm")
        self.take(school)
        with open(school / "rosters.csv", "a") as file:
            file.write("last,k1,nobody\n")
        line = (school / "rosters.csv").read_text().count("\n")
        for path in (school, zipped(school)):
            done = self.muster("import", path)
            self.assertEqual(done.code, 3)
            self.assertEqual(len(done.err.strip().split("\n")), 1, done.err)
            self.assertIn(f"/rosters.csv:{line}:9: student_id 'nobody' is not known", done.err)
        self.assertEqual(self.members("school/staff"), TEACHERS)


if __name__ == "__main__":
    main()
