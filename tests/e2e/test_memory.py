"""Memory follows from limits.h, not from the size of the group; a preview is algebra, not a scan."""
import os
import time

from world import World, main

SMALL = 100_000
LARGE = int(os.environ.get("MUSTER_MEMORY_LARGE", "1000000"))


class Memory(World):
    def peak_of_send(self, devices, name):
        """Peak RSS (file mappings included) of a send to so many devices, in KiB, and its preview's time."""
        school = self.make_school(devices, name=name)
        self.write_config(data=self.dir / f"data-{name}")
        self.muster_ok("import", school)
        begun = time.monotonic()
        self.assertEqual(self.muster_ok("preview", "--group", "all", "--json").json()["invitations"],
                         devices)
        preview_s = time.monotonic() - begun
        sent = self.muster_ok("send", "--group", "all", "--yes", "--json")
        self.assertEqual(sent.json()["sent"], devices)
        return sent.usage.ru_maxrss, preview_s, sent.json()["rate"]

    def test_ten_times_the_group_takes_no_more_memory(self):
        self.start_apns("--fast")
        small, small_preview, _ = self.peak_of_send(SMALL, "small")
        large, large_preview, rate = self.peak_of_send(LARGE, "large")
        print(f"peak RSS {small} KiB for {SMALL}, {large} KiB for {LARGE}: {large / small:.2f}; "
              f"preview {small_preview * 1000:.0f} and {large_preview * 1000:.0f} ms; {rate:.0f}/s")
        self.assertLessEqual(large, 1.25 * small)
        # The whole command, process start included: a scan of a million rows would take seconds.
        self.assertLess(large_preview, 1.0)


if __name__ == "__main__":
    main()
