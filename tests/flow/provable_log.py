"""The log of a running appliance as outsiders see it, and what happens to who sets it back.

    provable_log.py BIN_DIR
"""
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

from appliance import Appliance

CHECK = pathlib.Path(__file__).resolve().parents[1] / "interop/log_check.py"


class ProvableLog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.appliance = appliance = Appliance(BIN)
        cls.home = appliance.home
        cls.document = appliance.write("d.txt", "Decision 1")
        assert appliance.serve().startswith("ready")
        config = (cls.home / "edocvaultd.toml").read_text()
        cls.witness = re.search(r'\[\[witness\]\]\n.*?key = "([^"]+)"', config, re.S)[1]
        cls.tsa = cls.home / "authority/tsa.der"

    @classmethod
    def tearDownClass(cls):
        cls.appliance.stop()
        cls.appliance.remove()

    def store(self):
        stored = self.appliance.run("store", self.document, "--client", "PK:1")
        self.assertEqual(stored.exit, 0, stored.out)
        return stored.json["id"]

    def receipt(self, document, wanted):
        """The receipt, once all but `wanted` names are in it."""
        path = self.home / "receipt"
        for _ in range(100):
            got = self.appliance.run("receipt", "get", document, "-o", path)
            self.assertEqual(got.exit, 0, got.out)
            if set(got.json["pending"]) <= set(wanted):
                return path
            time.sleep(0.1)
        self.fail(f"still pending: {got.json['pending']}")

    def python(self, *words):
        return subprocess.run([sys.executable, CHECK, *words], capture_output=True, text=True)

    def test_1_a_receipt_gains_cosignature_and_time_stamp(self):
        receipt = self.receipt(self.store(), [])
        keys = ("--witness", self.witness, "--tsa", self.tsa)
        good = self.appliance.run("receipt", "verify", receipt, "--document", self.document, *keys)
        self.assertEqual(good.exit, 0, good.out)
        self.assertEqual(len(good.json["cosignedAt"]), 1)
        self.assertRegex(good.json["stampedAt"], r"^20")
        other = self.appliance.run("receipt", "verify", receipt, "--tsa", self.home / "authority/issuing.der")
        self.assertEqual((other.exit, other.code), (1, "timestamp.other-tsa"))

    def test_2_a_verifier_that_shares_no_code_agrees(self):
        receipt = self.receipt(self.store(), ["timestamp"])
        key = self.home / "vault.vkey"
        words = ("receipt", receipt, "--key", key, "--witness", self.witness, "--document")
        self.assertEqual(self.python(*words, self.document).returncode, 0, self.python(*words, self.document).stderr)
        self.assertEqual(self.python(*words, self.home / "client.toml").returncode, 1)
        changed = self.home / "changed"
        changed.write_text(receipt.read_text().replace("index ", "index 1"))
        self.assertEqual(self.python("receipt", changed, "--key", key).returncode, 1)

    def test_3_the_exported_tiles_are_the_log(self):
        self.store()
        exported = self.appliance.run("log", "export", self.home / "tiles")
        self.assertEqual(exported.exit, 0, exported.out)
        words = ("tiles", self.home / "tiles", "--key", self.home / "vault.vkey")
        self.assertEqual(self.python(*words).returncode, 0, self.python(*words).stderr)
        audit = ("audit", self.home / "tiles", "--witness", self.witness)
        self.assertEqual(self.appliance.run(*audit).exit, 0, self.appliance.run(*audit).out)
        bundle = next((self.home / "tiles/tile/entries").iterdir())
        bundle = next(bundle.iterdir())
        content = bytearray(bundle.read_bytes())
        content[70] ^= 1
        bundle.write_bytes(content)
        self.assertEqual(self.python(*words).returncode, 1)
        self.assertEqual(self.appliance.run(*audit).exit, 1)

    def test_4_only_auditors_read_entries(self):
        for profile, status in (("agency", "403"), ("platform", "403"), ("operator", "403"), ("auditor", "200")):
            self.assertEqual(self.status("/v1/log/tile/entries/000.p/1", profile), status, profile)
            self.assertEqual(self.status("/v1/log/tile/0/000.p/1", profile), "200")
        self.assertEqual(self.status("/v1/log/tile/0/000", "auditor"), "404")
        self.assertEqual(self.status("/v1/documents", "auditor"), "405")

    def status(self, path, profile):
        url = re.search(r'server = "([^"]+)"', (self.home / "client.toml").read_text())[1] + path
        return subprocess.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", self.home / "tls/ca.pem", "--cert",
             self.home / f"client/{profile}.pem", "--key", self.home / f"client/{profile}.key", url],
            capture_output=True, text=True).stdout

    def test_5_a_log_proves_that_it_grew(self):
        self.store()
        proof = self.appliance.run("log", "proof", "1", "3")
        self.assertEqual(proof.exit, 0, proof.out)
        self.assertEqual(len(proof.json["consistency"]), 2)
        self.assertEqual(self.appliance.run("log", "proof", "1", "1000000").code, "proof.out-of-range")

    def test_5_without_the_witness_receipts_go_on_and_gain_it_later(self):
        self.appliance.switch(witness="down")
        document = self.store()
        got = self.appliance.run("receipt", "get", document, "-o", self.home / "bare")
        self.assertIn("dev.edocvault.test/witness", got.json["pending"])
        words = ("receipt", "verify", self.home / "bare", "--document", self.document)
        self.assertEqual(self.appliance.run(*words).exit, 0)
        self.assertEqual(self.appliance.run(*words, "--witness", self.witness).code, "receipt.not-cosigned")
        self.appliance.until(lambda: self.trouble() == "witness.refused")
        self.appliance.switch(witness="ok")
        self.receipt(document, ["timestamp"])
        self.assertIsNone(self.trouble())

    def trouble(self):
        """Why the witness has not cosigned."""
        status = self.appliance.run("log", "status").json
        error = status["endorsement"]["witnesses"][0]["last"]["error"]
        return error and error["code"]

    def test_6_an_audit_of_a_copy_finds_nothing_and_then_a_flipped_bit(self):
        large = self.appliance.write("large.txt", "too large for its entry " * 100)
        self.assertEqual(self.appliance.run("store", large, "--client", "PK:1").exit, 0)
        self.assertEqual(self.appliance.run("audit", self.home / "data").code, "vault.locked")
        self.appliance.stop()
        copy = self.home / "copy"
        shutil.copytree(self.home / "data", copy)
        keys = ("--witness", self.witness, "--tsa", self.tsa)
        good = self.appliance.run("audit", copy, *keys)
        self.assertEqual((good.exit, good.json["verdict"]), (0, "intact"), good.out)
        self.assertGreaterEqual(good.json["timestamps"], 1)
        self.assertEqual(self.appliance.run("audit", copy).exit, 2)
        segment = next((copy / "segments").glob("*.vseg"))
        content = bytearray(segment.read_bytes())
        content[40] ^= 1
        segment.write_bytes(content)
        bad = self.appliance.run("audit", copy, *keys)
        self.assertEqual((bad.exit, bad.json["findings"][0]["code"]), (1, "segment.damaged"))
        self.assertTrue(self.appliance.serve().startswith("ready"))

    def test_7_an_older_copy_of_the_data_does_not_start(self):
        self.appliance.stop()
        old, anchor = self.home / "old", self.home / "old-anchor"
        shutil.copytree(self.home / "data", old)
        shutil.copy(self.home / "anchor", anchor)
        self.assertTrue(self.appliance.serve().startswith("ready"))
        self.receipt(self.store(), ["timestamp"])  # So the witness has seen it.
        self.appliance.stop()
        shutil.move(self.home / "data", self.home / "now")
        shutil.move(old, self.home / "data")  # With the token's mark, which is in it.
        self.assertRefused()
        shutil.copy(anchor, self.home / "anchor")  # And with the older anchor: the witness knows.
        self.assertRefused()

    def assertRefused(self):
        log = self.home / "edocvaultd.log"
        before = len(log.read_text())
        self.assertFalse(self.appliance.serve().startswith("ready"))
        self.appliance.stop()
        self.assertIn("ledger.rolled-back", log.read_text()[before:])


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main(verbosity=2)
