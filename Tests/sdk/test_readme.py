"""What newcomers are told to type works, exactly as it stands."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import SimulatorTest

README = pathlib.Path(__file__).parents[2] / "README.md"


class WhatWeSay(SimulatorTest):
    def shell(self, commands):
        """Runs commands in an empty folder; returns its path and what they said."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        done = subprocess.run(
            ["timeout", "60", "bash", "-euo", "pipefail", "-c", commands], cwd=folder.name,
            env={**os.environ, "STRIPE": self.base},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        return pathlib.Path(folder.name), done.stdout

    def test_the_walk_through_of_the_readme(self):
        section = README.read_text().split("\n## batchsim\n")[1].split("\n## ")[0]
        [commands] = [block for block in re.findall(r"```\n(.*?)```", section, re.S) if "curl" in block]
        folder, _ = self.shell(commands)
        lines = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
        self.assertEqual({line["id"]: line["status"] for line in lines}, {"r-1": 200, "r-2": 404})

    def test_the_lines_that_batchsim_prints(self):
        self.log.seek(0)
        commands = re.sub(r"^(?!  ).*$", "", self.log.read(), flags=re.M)
        self.assertIn("curl", commands)
        folder, said = self.shell(commands)
        self.assertIn('"status":"complete"', (folder / "done.json").read_text())
        self.assertIn('"id":"r-1"', said)
        self.assertIn('"lose_after"', said)


if __name__ == "__main__":
    unittest.main()
