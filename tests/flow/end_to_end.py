"""The whole appliance, by its real programs: SoftHSM, LMDB on disk, HTTPS on loopback.

    end_to_end.py BIN_DIR [unittest arguments]
"""
import base64
import hashlib
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

from appliance import Appliance, descendants

BIN = sys.argv.pop(1)
CLIENT = "PK:320000-11111"
SECRET_TEXT = "Slepens lemuma saturs 7391"


def rewrite(container, change):
    """The container with `change(name, bytes)` applied to every member."""
    out = io.BytesIO()
    with zipfile.ZipFile(container) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.infolist():
            target.writestr(item, change(item.filename, source.read(item)))
    return out.getvalue()


def signature_of(container):
    with zipfile.ZipFile(container) as archive:
        return archive.read(next(n for n in archive.namelist() if "signatures" in n)).decode()


class ServiceCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.appliance = Appliance(BIN)
        cls.addClassCleanup(cls.appliance.remove)
        started = cls.appliance.serve()
        assert started.startswith("ready"), started
        cls.document = cls.appliance.write("lēmums.txt", SECRET_TEXT + "\n")

    def path(self, name):
        return self.appliance.work / name

    def ok(self, run, exit_code=0):
        self.assertEqual(run.exit, exit_code, run.err + run.out.decode(errors="replace"))
        return run

    def failed(self, run, exit_code, code):
        self.assertEqual((run.exit, run.code), (exit_code, code), run.err)
        self.assertTrue(run.json["error"]["message"].endswith("."))

    def sign(self, *files, key="seal-p256", level="T", out="out.edoc"):
        self.ok(self.appliance.run("sign", *files, "--key", key, "--level", level, "--out", self.path(out)))
        return self.path(out)

    def store(self, file, client=CLIENT, **options):
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return self.ok(self.appliance.run("store", file, "--client", client, *words)).json

    def history(self, client, purpose="a test reads", *words):
        return self.ok(self.appliance.run("history", "--client", client, "--purpose", purpose, *words)).json


class Sealing(ServiceCase):
    def seals(self, key, level):
        container = self.sign(self.document, key=key, level=level, out=f"{key}-{level}.edoc")
        report = self.ok(self.appliance.run("verify", container), 2).json
        signature = report["signatures"][0]
        self.assertTrue(signature["intact"])
        self.assertEqual(signature["format"], f"XAdES-BASELINE-{level}")
        self.assertEqual(report["verdict"], "indeterminate")
        self.assertEqual(signature["signer"]["organizationIdentifier"], "NTRLV-90000000000")

    def test_a_p256_key_seals_at_b(self):
        self.seals("seal-p256", "B")

    def test_a_p256_key_seals_at_t(self):
        self.seals("seal-p256", "T")

    def test_a_p256_key_seals_at_lt(self):
        self.seals("seal-p256", "LT")

    def test_an_rsa_key_seals_at_b(self):
        self.seals("seal-rsa3072", "B")

    def test_an_rsa_key_seals_at_t(self):
        self.seals("seal-rsa3072", "T")

    def test_an_rsa_key_seals_at_lt(self):
        self.seals("seal-rsa3072", "LT")

    def test_keys_of_every_kind_seal_at_lta(self):
        for key in ("p384", "p521", "ed25519", "rsa2048", "rsa4096"):
            with self.subTest(key):
                self.seals(f"seal-{key}", "LTA")

    def test_an_rsa_key_seals_with_pss(self):
        out = self.path("pss.edoc")
        self.ok(self.appliance.run("sign", self.document, "--key", "seal-rsa3072", "--algorithm",
                                   "rsa-pss-sha256", "--level", "B", "--out", out))
        self.assertTrue(self.ok(self.appliance.run("verify", out), 2).json["signatures"][0]["intact"])

    def test_an_algorithm_of_another_key_is_refused(self):
        self.failed(self.appliance.run("sign", self.document, "--algorithm", "rsa-pss-sha256", "--level", "B",
                                       "--out", self.path("none.edoc")), 3, "seal.other-algorithm")

    def test_xml_is_signed_in_every_form_at_every_level(self):
        xml = self.appliance.write("x.xml", "<r xmlns='urn:x'><!-- ā --><b>1</b></r>\n")
        for form in ("enveloped", "enveloping", "detached"):
            for level in ("B", "T", "LT", "LTA"):
                out = self.path(f"{form}-{level}.xml")
                run = self.appliance.run("sign", xml, "--form", form, "--level", level, "--out", out)
                if (form, level) == ("detached", "LTA"):
                    self.failed(run, 3, "sign.needs-documents")
                    continue
                self.ok(run)
                beside = ("--data", xml) if form == "detached" else ()
                signature = self.ok(self.appliance.run("verify", out, *beside), 2).json["signatures"][0]
                self.assertTrue(signature["intact"], (form, level))
                self.assertEqual(signature["format"], f"XAdES-BASELINE-{level}")

    def test_a_signature_is_added_countersigned_and_extended_twice(self):
        first = self.sign(self.document, level="T", out="first.edoc")
        two, three = self.path("two.edoc"), self.path("three.edoc")
        self.ok(self.appliance.run("sign", first, "--add", "--key", "seal-p384", "--out", two))
        self.ok(self.appliance.run("sign", two, "--countersign", "S1", "--key", "seal-rsa3072", "--level", "B",
                                   "--out", three))
        self.failed(self.appliance.run("extend", three, "--out", self.path("x.edoc")), 3,
                    "extend.no-such-signature")
        four, five = self.path("four.edoc"), self.path("five.edoc")
        self.ok(self.appliance.run("extend", three, "--id", "S1", "--out", four))
        self.ok(self.appliance.run("extend", four, "--id", "S1", "--out", five))
        report = self.ok(self.appliance.run("verify", five), 2).json
        formats = {one["id"]: one["format"] for one in report["signatures"]}
        self.assertEqual(formats, {"S1": "XAdES-BASELINE-LTA", "S2": "XAdES-BASELINE-T"})
        owner = next(one for one in report["signatures"] if one["id"] == "S1")
        self.assertTrue(owner["intact"] and owner["counterSignatures"][0]["intact"])
        self.assertEqual(len(owner["timestamps"]), 3)
        with zipfile.ZipFile(first) as before, zipfile.ZipFile(five) as after:
            self.assertEqual(before.read("lēmums.txt"), after.read("lēmums.txt"))

    def test_what_is_too_large_to_send_is_signed_here(self):
        large = self.appliance.write("liels.bin", os.urandom(1 << 20) * 40)
        out = self.path("liels.edoc")
        self.failed(self.appliance.run("sign", large, "--level", "LTA", "--out", out), 3, "sign.needs-documents")
        self.assertFalse(out.exists())
        self.ok(self.appliance.run("sign", large, self.document, "--level", "LT", "--out", out))
        signature = self.ok(self.appliance.run("verify", out), 2).json["signatures"][0]
        self.assertTrue(signature["intact"])
        self.assertEqual(signature["format"], "XAdES-BASELINE-LT")
        self.failed(self.appliance.run("sign", large, "--out", out), 8, "bundle.exists")
        self.assertFalse(list(out.parent.glob("*.unverified*")))

    def outside_signer(self, name, *algorithm):
        """A key that the service never sees, with a certificate by nobody it knows."""
        key, certificate = self.path(f"{name}.key"), self.path(f"{name}.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-days", "30", "-subj",
                        "/C=LV/CN=Anna Paraugs", "-addext", "keyUsage=critical,nonRepudiation", "-addext",
                        "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        return key, certificate

    def prepare(self, certificate, data, *words):
        run = self.appliance.run("prepare", self.document, "--certificate", certificate, "--out", data, *words)
        return self.ok(run).json

    def test_a_signature_is_completed_with_a_value_from_outside(self):
        key, certificate = self.outside_signer("rsa", "rsa:3072")
        data, value, out = self.path("data"), self.path("value"), self.path("outside.edoc")
        prepared = self.prepare(certificate, data, "--level", "T")
        self.assertEqual(prepared["algorithm"], "rsa-sha256")
        subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, "-out", value, data], check=True)
        for _ in range(2):  # An answer may be lost.
            self.ok(self.appliance.run("complete", prepared["id"], "--value", value, "--out", out))
        signature = self.ok(self.appliance.run("verify", out), 2).json["signatures"][0]
        self.assertTrue(signature["intact"])
        self.assertEqual(signature["format"], "XAdES-BASELINE-T")
        self.assertIn("Anna Paraugs", signature["signer"]["subject"])

    def test_a_value_that_does_not_fit_completes_nothing(self):
        key, certificate = self.outside_signer("rsa", "rsa:2048")
        data, other, value, out = (self.path(name) for name in ("data-1", "data-2", "value-1", "wrong.edoc"))
        prepared = self.prepare(certificate, data, "--level", "B")
        self.prepare(certificate, other, "--level", "B", "--role", "cita loma")
        subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, "-out", value, other], check=True)
        complete = lambda number: self.appliance.run("complete", number, "--value", value, "--out", out)  # noqa: E731
        self.failed(complete(prepared["id"]), 3, "complete.wrong-value")
        self.failed(complete("0" * 32), 4, "prepared.unknown")
        self.assertFalse(out.exists())
        subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, "-out", value, data], check=True)
        self.ok(complete(prepared["id"]))

    def test_a_certificate_of_another_purpose_prepares_nothing(self):
        authority = self.appliance.home / "authority/issuing.der"
        for file, code in ((authority, "certificate.wrong-purpose"), (self.document, "certificate.malformed")):
            self.failed(self.appliance.run("prepare", self.document, "--certificate", file, "--out",
                                           self.path("data")), 3, code)

    def test_what_is_broken_is_neither_signed_nor_extended(self):
        good = self.sign(self.document, level="T", out="good.edoc")
        broken = self.path("broken.edoc")
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(broken, "w") as out:
            for item in source.infolist():
                changed = b"cits" if item.filename == "lēmums.txt" else source.read(item)
                out.writestr(item, changed)
        target = self.path("never.edoc")
        self.failed(self.appliance.run("sign", broken, "--add", "--out", target), 3, "sign.broken-signature")
        self.failed(self.appliance.run("extend", broken, "--out", target), 3, "extend.broken")
        self.failed(self.appliance.run("extend", good, "--level", "T", "--out", target), 3, "extend.already")

    def test_several_documents_are_covered_by_one_seal(self):
        other = self.appliance.write("pielikums ar ā+b.csv", "a;b\n")
        report = self.ok(self.appliance.run("verify", self.sign(self.document, other)), 2).json
        self.assertEqual(sorted(report["signatures"][0]["scope"]), ["lēmums.txt", "pielikums ar ā+b.csv"])

    def test_a_changed_document_fails(self):
        changed = self.appliance.write("changed.edoc", rewrite(
            self.sign(self.document), lambda name, data: data.replace(b"7391", b"7392") if name.endswith(".txt") else data))
        report = self.ok(self.appliance.run("verify", changed), 1).json
        self.assertEqual(report["signatures"][0]["subIndication"], "HASH_FAILURE")

    def test_changed_properties_fail(self):
        changed = self.appliance.write("properties.edoc", rewrite(
            self.sign(self.document),
            lambda name, data: re.sub(rb"(<xades:SigningTime>\d\d\d)\d", rb"\g<1>1", data)))
        self.assertFalse(self.ok(self.appliance.run("verify", changed), 1).json["signatures"][0]["intact"])

    def test_a_changed_signature_value_fails(self):
        container = self.sign(self.document)
        value = re.search(r"<ds:SignatureValue[^>]*>([^<]+)<", signature_of(container))[1]
        flipped = value[:10] + ("A" if value[10] != "A" else "B") + value[11:]
        changed = self.appliance.write("value.edoc", rewrite(
            container, lambda name, data: data.replace(value.encode(), flipped.encode())))
        self.assertFalse(self.ok(self.appliance.run("verify", changed), 1).json["signatures"][0]["intact"])
    def test_a_missing_file_is_not_found(self):
        self.failed(self.appliance.run("sign", "no-such-file", "--out", self.path("x")), 4, "file.missing")

    def test_an_empty_file_is_refused(self):
        empty = self.appliance.write("empty.txt", b"")
        self.failed(self.appliance.run("sign", empty, "--out", self.path("x")), 3, "document.empty")
        self.assertFalse(self.path("x").exists())

    def test_two_files_of_one_name_are_refused(self):
        self.path("other").mkdir()
        self.path("other/lēmums.txt").write_text("x")
        run = self.appliance.run("sign", self.document, self.path("other/lēmums.txt"), "--out", self.path("x"))
        self.failed(run, 3, "document.duplicate-name")

    def test_a_key_that_is_not_for_sealing_is_denied(self):
        run = self.appliance.run("sign", self.document, "--key", "vault-root", "--out", self.path("x"))
        self.failed(run, 5, "key.not-yours")

    def test_a_platform_may_not_seal(self):
        run = self.appliance.run("sign", self.document, "--profile", "platform", "--out", self.path("x"))
        self.failed(run, 5, "caller.wrong-role")


class Approving(unittest.TestCase):
    """One key of the appliance seals only what the agency's request key approved."""

    @classmethod
    def setUpClass(cls):
        cls.appliance = Appliance(BIN)
        cls.addClassCleanup(cls.appliance.remove)
        cls.request_key = cls.make_key("request")
        cls.strangers_key = cls.make_key("stranger")
        config = cls.appliance.home / "edocvaultd.toml"
        old = 'label = "seal-p256"\nagency = "test-agency"\nunattended_per_hour = 1000000'
        assert old in config.read_text()
        config.write_text(config.read_text().replace(
            old, 'label = "seal-p256"\nagency = "test-agency"\nrequest_keys = ["request.pub"]').replace(
            'label = "seal-p384"\nagency = "test-agency"\nunattended_per_hour = 1000000',
            'label = "seal-p384"\nagency = "test-agency"\nunattended_per_hour = 2'))
        assert cls.appliance.serve().startswith("ready")

    @classmethod
    def make_key(cls, name):
        private, public = cls.appliance.work / f"{name}.pem", cls.appliance.home / f"{name}.pub"
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-out", private], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
        return private

    def approve(self, *words, key=None):
        out = self.appliance.work / f"approval-{len(list(self.appliance.work.glob('approval-*')))}"
        run = self.appliance.run("approve", *words, "--request-key", key or self.request_key,
                                 "--vault", "dev.edocvault.test/log", "--out", out)
        self.assertEqual(run.exit, 0, run.out)
        return out

    def sign(self, *words, approval=None, out="out.edoc"):
        given = ["--approval", approval] if approval else []
        return self.appliance.run("sign", *words, *given, "--out", self.appliance.work / out)

    def refused(self, run, code):
        self.assertEqual(run.code, code, run.out)
        self.assertTrue(run.json["error"]["message"].endswith("."))

    def test_what_was_approved_is_sealed_and_once(self):
        document = self.appliance.write("pie\u0161\u0137irts +1.txt", "one")
        approval = self.approve(document)
        self.assertEqual(self.sign(document, approval=approval).exit, 0)
        self.refused(self.sign(document, approval=approval), "approval.used")

    def test_a_copy_can_be_approved_with_what_is_said_of_it(self):
        scan, other = self.appliance.write("scan.pdf", b"%PDF-scan"), [*Copies.STATEMENT[:-1], "5"]
        approval = self.approve(scan, *Copies.STATEMENT)
        self.refused(self.sign(scan, *other, approval=approval), "approval.other-documents")
        self.refused(self.sign(scan, approval=approval), "approval.other-documents")
        run = self.sign(scan, *Copies.STATEMENT, approval=approval)
        self.assertEqual(run.exit, 0, run.err)

    def test_every_form_can_be_approved(self):
        xml = self.appliance.write("a.xml", "<a>one</a>")
        for form in "enveloped", "enveloping", "detached":
            run = self.sign(xml, "--form", form, approval=self.approve(xml, "--form", form), out=f"{form}.xml")
            self.assertEqual(run.exit, 0, (form, run.out))
        text = self.appliance.write("b.txt", "two")
        container = self.appliance.work / "forms.edoc"
        run = self.sign(xml, text, "--level", "LT", approval=self.approve(xml, text, "--level", "LT"), out=container)
        self.assertEqual(run.exit, 0, run.out)
        run = self.sign(container, "--add", approval=self.approve(container, "--add"), out="added.edoc")
        self.assertEqual(run.exit, 0, run.out)

    def test_nothing_else_is_sealed(self):
        document, other = self.appliance.write("a.txt", "a"), self.appliance.write("b.txt", "b")
        self.refused(self.sign(document), "approval.required")
        approval = self.approve(document)
        self.refused(self.sign(other, approval=approval), "approval.other-documents")
        self.refused(self.sign(document, other, approval=approval), "approval.other-documents")
        self.refused(self.sign(document, "--level", "B", approval=approval), "approval.other-level")
        self.refused(self.sign(document, approval=self.approve(document, "--key", "seal-p384")), "approval.other-key")
        self.refused(self.sign(document, approval=self.approve(document, key=self.strangers_key)),
                     "approval.wrong-signature")
        self.refused(self.sign(document, approval=self.appliance.write("x", "no approval")), "approval.malformed")
        self.assertEqual(self.sign(document, approval=approval).exit, 0)

    def test_a_batch_that_was_refused_can_be_approved_anew(self):
        document, out = self.appliance.write("batch.txt", "one of a batch"), self.appliance.work / "approved"
        order = self.appliance.write("order.json", json.dumps({"items": [{"documents": [
            {"name": "batch.txt", "sha256": hashlib.sha256(document.read_bytes()).hexdigest()}]}]}))
        other = self.approve(self.appliance.write("other.txt", "other"), "--level", "B")
        run = self.appliance.run("batch", document, "--approval", other, "--out", out)
        self.assertEqual(run.exit, 3, run.out)
        approval = self.approve("--batch", order, "--level", "B")
        for _ in range(2):  # Run again it is the same batch: the approval is good for one.
            run = self.appliance.run("batch", document, "--approval", approval, "--out", out)
            self.assertEqual(run.exit, 0, run.out)

    def test_a_used_approval_stays_used_when_the_keyholder_starts_anew(self):
        document = self.appliance.write("c.txt", "c")
        approval = self.approve(document)
        self.assertEqual(self.sign(document, approval=approval).exit, 0)
        keyholder = self.appliance.role("keyholder")
        os.kill(keyholder, signal.SIGKILL)
        Appliance.until(lambda: self.appliance.role("keyholder") not in (None, keyholder))
        self.refused(self.sign(document, approval=approval), "approval.used")

    def test_an_unattended_key_seals_within_its_quota(self):
        document = self.appliance.write("d.txt", "d")
        runs = [self.sign(document, "--key", "seal-p384") for _ in range(5)]  # Even as an hour begins.
        self.assertEqual([run.exit for run in runs[:2]], [0, 0])
        self.assertIn("key.quota-spent", [run.code for run in runs if run.exit])

    def test_one_name_does_not_approve_two_documents(self):
        name = "a.pdf\n" + "2" * 64 + "  b.pdf"
        order = self.appliance.write("two.json", json.dumps({"items": [{"documents": [
            {"name": name, "mediaType": "application/pdf", "sha256": "1" * 64}]}]}))
        run = self.appliance.run("approve", "--batch", order, "--request-key", self.request_key,
                                 "--vault", "dev.edocvault.test/log", "--out", self.appliance.work / "no-approval")
        self.refused(run, "document.bad-name")

    def test_a_batch_is_sealed_under_one_approval(self):
        items = [{"documents": [{"name": f"{i}.pdf", "mediaType": "application/pdf", "sha256": f"{i:064x}"}]}
                 for i in range(300)]
        order = self.appliance.write("batch.json", json.dumps({"items": items}))
        approval = self.approve("--batch", order, "--level", "B").read_text()
        call = ["-H", "Content-Type: application/json", "-H", f"Edocvault-Approval: {approval}", "--data-binary"]
        path = "/v1/batches?key=seal-p256&level=B"
        status, body = self.appliance.curl(path, "-H", "Idempotency-Key: right", *call, f"@{order}")
        self.assertEqual(status, 202, body)
        status, body = self.appliance.curl(f"/v1/batches/{json.loads(body)['id']}", "-H", "Prefer: wait=10")
        self.assertEqual(json.loads(body)["sealed"], 300, body)
        items[7]["documents"][0]["sha256"] = "f" * 64
        other = self.appliance.write("other.json", json.dumps({"items": items}))
        status, body = self.appliance.curl(path, "-H", "Idempotency-Key: wrong", *call, f"@{other}")
        status, body = self.appliance.curl(f"/v1/batches/{json.loads(body)['id']}", "-H", "Prefer: wait=10")
        self.assertEqual((json.loads(body)["sealed"], json.loads(body)["failed"]), (0, 300), body)


class Batches(ServiceCase):
    def test_many_documents_become_containers_and_again_only_what_is_missing(self):
        files = [self.appliance.write(f"l\u0113mums {i} +.txt", f"decision {i}") for i in range(6)]
        out = self.path("sealed")
        run = self.ok(self.appliance.run("batch", *files, "--level", "LT", "--out", out)).json
        self.assertEqual((run["written"], run["kept"], run["failed"]), (6, 0, []))
        report = self.ok(self.appliance.run("verify", out / (files[3].name + ".edoc")), 2).json
        self.assertEqual(report["signatures"][0]["format"], "XAdES-BASELINE-LT")
        self.assertTrue(report["signatures"][0]["intact"])
        before = (out / (files[0].name + ".edoc")).read_bytes()
        (out / (files[5].name + ".edoc")).unlink()
        again = self.ok(self.appliance.run("batch", *files, "--level", "LT", "--out", out)).json
        self.assertEqual((again["id"], again["written"], again["kept"]), (run["id"], 1, 5))
        self.assertEqual((out / (files[0].name + ".edoc")).read_bytes(), before)
        status, body = self.appliance.curl(f"/v1/batches/{run['id']}/sealings")
        sealings = json.loads(body)["sealings"]
        self.assertEqual([(one["reason"], one["count"]) for one in sealings], [("ordered", 6)])

    def test_one_time_stamp_proves_each_of_many_containers(self):
        files = [self.appliance.write(f"p{i}.txt", f"proven {i}") for i in range(5)]
        out = self.path("proven")
        self.ok(self.appliance.run("batch", *files, "--evidence-records", "--out", out))
        trust = self.appliance.home / "authority/issuing.der"
        for file in files:
            container = out / (file.name + ".edoc")
            report = self.appliance.run("verify", container, "--trust", trust, "--evidence-record",
                                        f"{container}.ers").json
            self.assertEqual([record["outcome"] for record in report["evidenceRecords"]], ["intact"], report)
        other = out / (files[0].name + ".edoc.ers")
        report = self.appliance.run("verify", container, "--trust", trust, "--evidence-record", other).json
        self.assertNotEqual([record["outcome"] for record in report["evidenceRecords"]], ["intact"])

    def test_two_files_of_one_name_are_refused(self):
        self.failed(self.appliance.run("batch", self.document, self.document, "--out", self.path("no")), 3,
                    "document.duplicate-name")

    def test_a_batch_of_another_caller_is_unknown(self):
        self.assertEqual(self.appliance.curl("/v1/batches/" + "0" * 32)[0], 404)


class Copies(ServiceCase):
    STATEMENT = ["--copy-of", "L\u0113mums Nr. 7, 1998", "--scanned-by", "Arhīva speciāliste TEST", "--scanned-at",
                 "2026-11-01T09:00:00Z", "--shelf", "Fonds 12, lieta 3", "--pages", "4"]

    def test_a_scan_is_sealed_with_who_scanned_what_when_from_where(self):
        scan, out = self.appliance.write("skenējums.pdf", b"%PDF-scan"), self.path("copy.edoc")
        self.ok(self.appliance.run("sign", scan, *self.STATEMENT, "--level", "LT", "--out", out))
        with zipfile.ZipFile(out) as archive:
            statement = json.loads(archive.read("copy-statement.json"))
        self.assertEqual(statement["scan"], {"name": scan.name, "sha256": hashlib.sha256(b"%PDF-scan").hexdigest()})
        self.assertEqual(statement["original"],
                         {"description": "L\u0113mums Nr. 7, 1998", "shelf": "Fonds 12, lieta 3", "pages": 4})
        self.assertEqual((statement["scannedBy"], statement["scannedAt"]),
                         ("Arhīva speciāliste TEST", "2026-11-01T09:00:00Z"))
        signature = self.ok(self.appliance.run("verify", out), 2).json["signatures"][0]
        self.assertEqual(sorted(file["name"] for file in signature["signedFiles"]),
                         ["copy-statement.json", scan.name])

    def test_a_changed_statement_breaks_the_seal(self):
        scan, out = self.appliance.write("b.pdf", b"%PDF-scan"), self.path("copy.edoc")
        self.ok(self.appliance.run("sign", scan, *self.STATEMENT, "--out", out))
        changed = rewrite(out, lambda name, text: text.replace(b"lieta 3", b"lieta 4"))
        self.ok(self.appliance.run("verify", self.appliance.write("changed.edoc", changed)), 1)

    def test_a_copy_is_kept_like_any_document(self):
        scan = self.appliance.write("c.pdf", b"%PDF-scan")
        words = ["store", scan, "--client", CLIENT, "--key", "seal-p256", *self.STATEMENT]
        stored = self.ok(self.appliance.run(*words)).json
        out = self.path("kept.edoc")
        self.ok(self.appliance.run("get", stored["id"], "--purpose", "a test reads", "--out", out))
        self.assertIn("copy-statement.json", zipfile.ZipFile(out).namelist())

    def test_a_statement_that_is_not_whole_is_refused(self):
        scan = self.appliance.write("d.pdf", b"%PDF-scan")
        for change in ({"--pages": "0"}, {"--scanned-by": ""}, {"--scanned-at": "2999-01-01T00:00:00Z"},
                       {"--scanned-at": "yesterday"}, {"--shelf": "a\nb"}):
            words = dict(zip(self.STATEMENT[::2], self.STATEMENT[1::2])) | change
            run = self.appliance.run("sign", scan, *[w for pair in words.items() for w in pair],
                                     "--out", self.path("no.edoc"))
            self.failed(run, 3, "copy.malformed")


class Completing(unittest.TestCase):
    """What is sealed while the services outside are away becomes longer when they are back."""

    def setUp(self):
        self.appliance = Appliance(BIN)
        self.addCleanup(self.appliance.remove)
        self.assertTrue(self.appliance.serve().startswith("ready"))

    def level(self, file):
        signature = self.appliance.run("verify", file).json["signatures"][0]
        self.assertTrue(signature["intact"])
        return signature["format"]

    def sealed(self, *words):
        out = self.appliance.work / "now.edoc"
        run = self.appliance.run("sign", self.appliance.write("a.txt", "a"), *words, "--later", "--out", out)
        self.assertEqual(run.exit, 0, run.out)
        return out, run.json["completion"]

    def fetch(self, completion):
        out = self.appliance.work / "later.edoc"
        return out, self.appliance.run("completion", completion, "--out", out)

    def test_a_seal_waits_for_the_tsa_and_the_responder_also_across_a_restart(self):
        self.appliance.switch(tsa="down", ocsp="down")
        now, completion = self.sealed("--level", "LTA")
        self.assertEqual(self.level(now), "XAdES-BASELINE-B")
        _, run = self.fetch(completion)
        self.assertEqual((run.exit, run.code), (6, "completion.waits"))
        self.appliance.stop()
        self.assertTrue(self.appliance.serve().startswith("ready"))
        out, run = self.fetch(completion)
        self.assertEqual(run.exit, 0, run.out)
        self.assertEqual(self.level(out), "XAdES-BASELINE-LTA")

    def test_a_revocation_list_serves_where_no_responder_does(self):
        self.appliance.switch(ocsp="down")
        out = self.appliance.work / "by-list.edoc"
        run = self.appliance.run("sign", self.appliance.write("a.txt", "a"), "--level", "LT", "--out", out)
        self.assertEqual(run.exit, 0, run.out)
        self.assertEqual(self.level(out), "XAdES-BASELINE-LT")
        self.assertEqual(signature_of(out).count("EncapsulatedCRLValue>"), 4, "of the signer and of its CA")
        run = self.appliance.run("verify", out, "--trust-snapshot", "current")
        self.assertEqual(run.exit, 0, run.out)

    def test_what_can_never_be_longer_is_told(self):
        broken = rewrite(self.sealed("--level", "T")[0], lambda name, text: b"b" if name == "a.txt" else text)
        file = self.appliance.write("broken.edoc", broken)
        status, body = self.appliance.curl("/v1/signatures/extend?level=LT&later=true", "-H", "Prefer: wait=10",
                                           "-H", "Content-Type: application/vnd.etsi.asic-e+zip",
                                           "--data-binary", f"@{file}")
        self.assertEqual((status, json.loads(body)["state"]), (202, "failed"), body)
        _, run = self.fetch(json.loads(body)["id"])
        self.assertEqual((run.exit, run.code), (3, "extend.broken"))

    def test_only_the_caller_who_ordered_has_it(self):
        _, completion = self.sealed("--level", "T")
        self.assertEqual(self.appliance.curl(f"/v1/completions/{completion}", profile="platform")[0], 403)
        self.assertEqual(self.appliance.curl("/v1/completions/" + "0" * 32)[0], 404)

    def test_level_b_is_complete(self):
        run = self.appliance.run("sign", self.appliance.write("a.txt", "a"), "--level", "B", "--later",
                                 "--out", self.appliance.work / "no.edoc")
        self.assertEqual(run.code, "sign.bad-level")


class RemoteSigning(ServiceCase):
    """A signing application that speaks CSC API v2, its hashes approved by the agency's request key."""

    def call(self, method, **body):
        status, text = self.appliance.curl(f"/csc/v2/{method}", "-H", "Content-Type: application/json",
                                           "-d", json.dumps(body))
        return status, json.loads(text)

    def approval(self, *hashes):
        words = [word for value in hashes for word in ("--hash", value.hex())]
        out = self.path("approval")
        self.ok(self.appliance.run("approve", *words, "--key", "remote-p256", "--request-key",
                                   self.appliance.home / "client/request.key", "--vault", "dev.edocvault.test/log",
                                   "--out", out))
        return out.read_text()

    def sign(self, sad, *hashes, **more):
        return self.call("signatures/signHash", credentialID="remote-p256", SAD=sad,
                         hashes=[base64.b64encode(one).decode() for one in hashes],
                         hashAlgorithmOID="2.16.840.1.101.3.4.2.1", signAlgo="1.2.840.10045.4.3.2", **more)

    def test_hashes_are_listed_authorised_signed_and_verify(self):
        self.assertEqual(self.call("info")[1]["authType"], ["TLS"])
        self.assertEqual(self.call("credentials/list")[1]["credentialIDs"], ["remote-p256"])
        status, info = self.call("credentials/info", credentialID="remote-p256", certificates="chain", authInfo=True)
        self.assertEqual((status, info["SCAL"]), (200, "2"))
        data = [b"one", b"two"]
        hashes = [hashlib.sha256(one).digest() for one in data]
        sad = self.approval(*hashes)
        status, answer = self.call("credentials/authorize", credentialID="remote-p256", numSignatures=2,
                                   hashes=[base64.b64encode(one).decode() for one in hashes],
                                   hashAlgorithmOID="2.16.840.1.101.3.4.2.1",
                                   authData=[{"id": "approval", "value": sad}])
        self.assertEqual((status, answer["SAD"]), (200, sad), answer)
        status, answer = self.sign(sad, *hashes)
        self.assertEqual(status, 200, answer)
        certificate = self.appliance.write("remote.der", base64.b64decode(info["cert"]["certificates"][0]))
        key = self.path("remote.pub")
        subprocess.run(["openssl", "x509", "-inform", "DER", "-in", certificate, "-pubkey", "-noout", "-out", key],
                       check=True)
        for text, value in zip(data, answer["signatures"]):
            signature = self.appliance.write("value", base64.b64decode(value))
            subprocess.run(["openssl", "dgst", "-sha256", "-verify", key, "-signature", signature,
                            self.appliance.write("data", text)], check=True, capture_output=True)
        status, answer = self.sign(sad, *hashes)
        self.assertEqual((status, answer["error"]), (400, "invalid_request"))
        self.assertIn("approval.used", answer["error_description"])

    def test_another_hash_and_another_key_are_refused(self):
        right, wrong = hashlib.sha256(b"right").digest(), hashlib.sha256(b"wrong").digest()
        sad = self.approval(right)
        self.assertIn("approval.other-documents", self.sign(sad, wrong)[1]["error_description"])
        self.assertIn("approval.other-documents", self.sign(sad, right, wrong)[1]["error_description"])
        self.assertIn("approval.malformed", self.sign("no approval", right)[1]["error_description"])
        status, answer = self.call("credentials/info", credentialID="seal-p256")
        self.assertIn("key.unknown", answer["error_description"])

    def test_a_remote_key_makes_no_seal_and_a_sealing_key_signs_no_hash(self):
        run = self.appliance.run("sign", self.document, "--key", "remote-p256", "--out", self.path("no.edoc"))
        self.failed(run, run.exit, "key.other-purpose")


class Verifying(ServiceCase):
    def refused(self, content, code_pattern):
        file = self.appliance.write("bad.edoc", content)
        report = self.ok(self.appliance.run("verify", file), 3).json
        self.assertEqual(report["verdict"], "refused")
        self.assertRegex(report["refusal"]["code"], code_pattern)
        self.assertTrue(report["refusal"]["message"])

    def test_a_missing_file_is_not_found(self):
        self.failed(self.appliance.run("verify", "no-such-file"), 4, "file.missing")

    def test_an_empty_file_is_refused(self):
        self.refused(b"", r"empty")

    def test_what_is_no_zip_is_refused(self):
        self.refused(b"no zip at all", r"\.")

    def test_a_zip_without_signatures_is_refused(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("mimetype", "application/vnd.etsi.asic-e+zip")
            archive.writestr("a.txt", "a")
        self.refused(out.getvalue(), r"signature")

    def test_a_broken_manifest_is_noticed(self):
        broken = self.appliance.write("manifest.edoc", rewrite(
            self.sign(self.document), lambda name, data: b"<manifest" if name.endswith("manifest.xml") else data))
        run = self.appliance.run("verify", broken)
        codes = [f["code"] for f in run.json["containerFindings"]] + [(run.json["refusal"] or {}).get("code", "")]
        self.assertIn(run.exit, (2, 3))
        self.assertTrue(any("manifest" in code for code in codes), codes)

    def test_the_same_question_has_the_same_answer(self):
        words = ("verify", self.sign(self.document), "--at", "2026-12-01T00:00:00Z")
        self.assertEqual(self.appliance.run(*words).out, self.appliance.run(*words).out)

    def test_a_wrong_option_is_a_usage_error(self):
        self.assertEqual(self.appliance.run("verify", "--no-such-option").exit, 64)

    def test_a_seal_passes_under_the_trust_that_is_handed_in(self):
        container = self.sign(self.document, level="LT")
        authority = self.appliance.home / "authority/issuing.der"
        report = self.ok(self.appliance.run("verify", container, "--trust", authority)).json
        self.assertEqual((report["verdict"], report["signatures"][0]["indication"]), ("valid", "TOTAL-PASSED"))
        self.assertEqual(report["policy"]["id"], "eu-ades")

    def test_a_verdict_can_be_kept_and_had_again_elsewhere(self):
        container = self.sign(self.document, level="LT")
        authority = self.appliance.home / "authority/issuing.der"
        bundle = self.path("evidence.zip")
        first = self.ok(self.appliance.run("verify", container, "--trust", authority, "--bundle", bundle))
        self.assertEqual(first.json["verdict"], "valid")
        again = self.ok(self.appliance.run("verify", "--replay", bundle, "--home", "/nonexistent"))
        self.assertEqual(again.out, first.out)
        with zipfile.ZipFile(bundle) as archive:
            self.assertEqual(archive.read("report.json"), first.out)
            self.assertEqual(archive.read("document"), pathlib.Path(container).read_bytes())

    def test_a_seal_of_another_authority_does_not_pass(self):
        container = self.sign(self.document, level="LT")
        stranger = self.appliance.work / "stranger.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "1", "-subj", "/C=LV/O=edocvault TEST/CN=edocvault TEST Issuing CA", "-keyout",
                        self.path("stranger.key"), "-out", stranger], check=True, capture_output=True)
        report = self.ok(self.appliance.run("verify", container, "--trust", stranger), 2).json
        self.assertEqual(report["verdict"], "indeterminate")

    def test_a_policy_file_is_taken_and_a_broken_one_refused(self):
        container = self.sign(self.document)
        own = self.appliance.write("own.json", '{"base":"eu-ades"}')
        broken = self.appliance.write("broken.json", '{"base":"eu-ades","no-such-member":1}')
        self.assertIn(self.appliance.run("verify", container, "--policy", own).exit, (2, 3))
        report = self.ok(self.appliance.run("verify", container, "--policy", broken), 3).json
        self.assertEqual(report["refusal"]["code"], "policy.malformed")

    def test_an_unknown_policy_is_a_usage_error(self):
        self.assertEqual(self.appliance.run("verify", self.sign(self.document), "--policy", "none").exit, 64)


class Keeping(ServiceCase):
    def test_a_document_comes_back_as_it_was_sealed(self):
        stored = self.store(self.document, key="seal-p256", level="B")
        self.ok(self.appliance.run("get", stored["id"], "--out", self.path("back.edoc"), "--purpose", "test of reading"))
        with zipfile.ZipFile(self.path("back.edoc")) as archive:
            self.assertEqual(archive.read("lēmums.txt").decode(), SECRET_TEXT + "\n")
        self.ok(self.appliance.run("verify", self.path("back.edoc")), 2)

    def test_a_document_is_kept_as_it_is_without_a_key(self):
        stored = self.store(self.document)
        self.ok(self.appliance.run("get", stored["id"], "--out", self.path("back.txt"), "--purpose", "test of reading"))
        self.assertEqual(self.path("back.txt").read_bytes(), self.document.read_bytes())

    def test_a_stored_document_can_be_verified_where_it_lies(self):
        stored = self.store(self.document, key="seal-rsa3072", level="T")
        status, report = self.appliance.curl(f"/v1/documents/{stored['id']}/verification",
                                             "-H", "Edocvault-Purpose: is it genuine")
        self.assertEqual(status, 200)
        self.assertIn('"intact":true', report)
        self.assertEqual(json.loads(report)["trust"]["snapshot"], self.appliance.trust()["snapshot"])

    def test_history_is_newest_first_and_pages(self):
        ids = [self.store(self.document, client="PK:320000-22222")["id"] for _ in range(5)]
        seen, cursor = [], None
        while cursor is not None or not seen:
            page = self.history("PK:320000-22222", "paging test", "--limit", "2", *(["--cursor", cursor] if cursor else []))
            seen += [item["id"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        self.assertEqual(seen, ids[::-1])

    def test_each_read_is_an_entry_that_says_who_and_why(self):
        client = "PK:320000-33333"
        stored = self.store(self.document, client=client)
        self.history(client, "first reason")
        self.ok(self.appliance.run("get", stored["id"], "--out", self.path("r"), "--purpose", "second reason"))
        items = self.history(client, "third reason", "--accesses")["items"]
        self.assertEqual([(i["what"], i["system"], i["purpose"]) for i in items], [
            ("accesses.read", "test-platform", "third reason"),
            ("client.lookup", "test-platform", "third reason"),
            ("document.read", "test-agency", "second reason"),
            ("history.read", "test-platform", "first reason"),
            ("client.lookup", "test-platform", "first reason")])

    def test_an_unknown_client_is_not_found(self):
        run = self.appliance.run("history", "--client", "PK:000000-00000", "--purpose", "a reason")
        self.failed(run, 4, "client.unknown")

    def test_a_read_without_a_purpose_is_refused_and_answers_nothing(self):
        client = "PK:320000-44444"
        self.store(self.document, client=client)
        self.failed(self.appliance.run("history", "--client", client, "--purpose", ""), 3, "access.purpose-required")
        self.assertEqual(len(self.history(client, "a look", "--accesses")["items"]), 2)

    def test_an_agency_may_not_read_histories(self):
        self.store(self.document)
        run = self.appliance.run("history", "--client", CLIENT, "--purpose", "curious", "--profile", "agency")
        self.failed(run, 5, "caller.wrong-role")

    def test_an_unknown_document_is_not_found(self):
        run = self.appliance.run("get", "0" * 32, "--out", self.path("x"), "--purpose", "a reason")
        self.failed(run, 4, "document.unknown")

    def test_a_receipt_proves_the_document_and_no_other(self):
        stored = self.store(self.document, receipt=self.path("receipt"))
        words = ("receipt", "verify", self.path("receipt"), "--document")
        verified = self.ok(self.appliance.run(*words, self.document)).json
        self.assertEqual((verified["id"], verified["coversDocument"]), (stored["id"], True))
        self.failed(self.appliance.run(*words, self.appliance.write("other.txt", "other")), 1, "receipt.other-document")

    def test_a_changed_receipt_is_refused(self):
        receipt = self.path("receipt2")
        self.store(self.document, receipt=receipt)
        index = re.search(r"index (\d+)", receipt.read_text())
        receipt.write_text(receipt.read_text().replace(index[0], f"index {int(index[1]) + 1}"))
        self.assertIn(self.appliance.run("receipt", "verify", receipt).exit, (1, 3))

    def test_a_receipt_needs_nothing_but_the_public_key(self):
        self.store(self.document, receipt=self.path("receipt3"))
        self.ok(self.appliance.run("receipt", "verify", self.path("receipt3"), "--key",
                                   self.appliance.home / "vault.vkey", "--home", "/nonexistent"))

    def test_nothing_personal_is_in_clear_on_disk(self):
        self.store(self.document, client="PK:320000-55555", key="seal-p256", level="B")
        for path in (self.appliance.home / "data").rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                for secret in (b"320000-55555", SECRET_TEXT.encode(), "lēmums".encode()):
                    self.assertNotIn(secret, data, path)
        self.assertNotIn("320000-55555", self.appliance.log())

    def test_the_pin_is_in_no_log_and_on_no_command_line(self):
        pin = (self.appliance.home / "pin").read_text().strip()
        self.assertNotIn(pin, self.appliance.log())
        for pid in [self.appliance.server.pid, *descendants(self.appliance.server.pid)]:
            self.assertNotIn(pin.encode(), pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())


class Connecting(ServiceCase):
    def test_a_certificate_nobody_registered_is_denied(self):
        run = self.appliance.run("sign", self.document, "--profile", "stranger", "--out", self.path("x"))
        self.failed(run, 5, "caller.unknown")

    def test_a_certificate_of_another_authority_is_refused_by_tls(self):
        folder = self.appliance.home / "client"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "1", "-subj", "/CN=intruder TEST", "-keyout", folder / "intruder.key",
                        "-out", folder / "intruder.pem"], check=True, capture_output=True)
        with open(self.appliance.home / "client.toml", "a") as config:
            config.write('\n[profile.intruder]\ncertificate = "client/intruder.pem"\nkey = "client/intruder.key"\n')
        run = self.appliance.run("sign", self.document, "--profile", "intruder", "--out", self.path("x"))
        self.failed(run, 5, "tls.refused")

    def test_a_problem_speaks_the_callers_language(self):
        status, problem = self.appliance.curl("/v1/documents/" + "0" * 32, "-H", "Accept-Language: lv")
        self.assertEqual(status, 404)
        self.assertIn('"code":"document.unknown"', problem)
        self.assertIn("Tāda dokumenta nav", problem)

    def test_two_lengths_are_refused(self):
        status, _ = self.appliance.curl("/v1/clients/lookup", "-X", "POST", "-H", "Transfer-Encoding: chunked",
                                        "-H", "Content-Length: 2", "-d", "{}")
        self.assertEqual(status, 400)

    def raw(self, request):
        """The first status line that the bytes `request` are answered with."""
        config = (self.appliance.home / "client.toml").read_text()
        port = int(re.search(r"127.0.0.1:(\d+)", config)[1])
        context = ssl.create_default_context(cafile=self.appliance.home / "tls/ca.pem")
        context.load_cert_chain(self.appliance.home / "client/agency.pem", self.appliance.home / "client/agency.key")
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as tls:
                tls.sendall(request)
                answer = b""
                while block := tls.recv(65536):
                    answer += block
                return answer

    def refused(self, request, status=b"400"):
        answer = self.raw(request)
        self.assertEqual(answer.split(b" ")[1], status, answer)
        self.assertEqual(answer.count(b"HTTP/1.1 "), 1, "the rest was read as another request")

    def test_a_chunked_body_is_refused(self):
        self.refused(b"POST /v1/documents?client=x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                     b"zDELETE /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")

    def test_a_blank_before_the_colon_is_refused(self):
        self.refused(b"POST /v1/clients/lookup HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length : 40\r\n\r\n"
                     b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n")

    def test_a_repeated_header_is_refused(self):
        self.refused(b"GET /health/live HTTP/1.1\r\nHost: h\r\nEdocvault-Purpose: a\r\nEdocvault-Purpose: b\r\n\r\n")

    def test_a_request_without_host_is_refused(self):
        self.refused(b"GET /health/live HTTP/1.1\r\n\r\n")

    def test_another_http_version_is_refused(self):
        self.refused(b"GET /health/live HTTP/7.7\r\nHost: h\r\n\r\n")

    def test_a_path_with_percent_is_refused(self):
        self.refused(b"GET /health%2Flive HTTP/1.1\r\nHost: h\r\n\r\n")

    def test_a_post_without_a_length_is_refused(self):
        self.refused(b"POST /v1/clients/lookup HTTP/1.1\r\nHost: h\r\n\r\n", b"411")

    def test_a_body_that_ends_early_stores_nothing(self):
        entries = self.store(self.document)["entry"]
        config = (self.appliance.home / "client.toml").read_text()
        port = int(re.search(r"127.0.0.1:(\d+)", config)[1])
        context = ssl.create_default_context(cafile=self.appliance.home / "tls/ca.pem")
        context.load_cert_chain(self.appliance.home / "client/agency.pem", self.appliance.home / "client/agency.key")
        client = self.store(self.document)["client"]
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as tls:
                tls.sendall(f"POST /v1/documents?client={client} HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n"
                            "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=\"a.txt\"\r\n\r\n"
                            "half".encode())
        self.assertEqual(self.store(self.document)["entry"], entries + 2)

    def test_connections_that_are_kept_leave_threads_to_others(self):
        port = int(re.search(r"127.0.0.1:(\d+)", (self.appliance.home / "client.toml").read_text())[1])
        context = ssl.create_default_context(cafile=self.appliance.home / "tls/ca.pem")
        context.load_cert_chain(self.appliance.home / "client/agency.pem", self.appliance.home / "client/agency.key")
        kept = []
        for _ in range(40):
            connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
            self.addCleanup(connection.close)
            connection.request("GET", "/health/live")
            answer = connection.getresponse()
            answer.read()
            kept.append(not answer.will_close)
        self.assertTrue(kept[0])
        self.assertLessEqual(sum(kept), 20)

    def test_a_lookup_takes_no_large_body(self):
        large = self.appliance.write("json", b"[" * 5000)
        status, problem = self.appliance.curl("/v1/clients/lookup", "-X", "POST", "--data-binary", f"@{large}")
        self.assertEqual(status, 413)

    def test_a_body_beyond_the_limit_is_refused(self):
        large = self.appliance.write("large", b"\0" * (33 << 20))
        status, problem = self.appliance.curl("/v1/documents?client=x", "-X", "POST", "--data-binary", f"@{large}")
        self.assertEqual(status, 413)
        self.assertIn("body.too-large", problem)

    def test_a_wrong_method_and_a_wrong_path_are_told_apart(self):
        self.assertEqual(self.appliance.curl("/v1/documents")[0], 405)
        self.assertEqual(self.appliance.curl("/v1/nothing")[0], 404)


class Surviving(ServiceCase):
    def comes_back(self, role):
        old = self.appliance.role(role)
        os.kill(old, signal.SIGKILL)
        for _ in range(50):  # Bounded: a role that died starts again within moments.
            run = self.appliance.run("sign", self.document, "--out", self.path("after.edoc"))
            if run.exit == 0:
                break
            self.assertEqual(run.exit, 6, run.out)
            time.sleep(0.2)
        self.assertEqual(run.exit, 0, run.out)
        self.assertNotIn(self.appliance.role(role), (old, None))

    def test_the_keyholder_comes_back(self):
        self.comes_back("keyholder")

    def test_the_inspector_comes_back(self):
        self.comes_back("inspector")

    def test_the_courier_comes_back(self):
        self.comes_back("courier")

    def test_the_front_comes_back_and_nothing_acknowledged_is_lost(self):
        stored = self.store(self.document, client="PK:320000-66666")
        self.comes_back("front")
        page = self.history("PK:320000-66666", "after a crash")
        self.assertEqual([item["id"] for item in page["items"]], [stored["id"]])

    def test_only_the_keyholder_has_the_module_loaded(self):
        for role in ("front", "inspector", "courier", "keyholder"):
            maps = pathlib.Path(f"/proc/{self.appliance.role(role)}/maps").read_text()
            self.assertEqual("libsofthsm2" in maps, role == "keyholder", role)


class Trusting(unittest.TestCase):
    def setUp(self):
        self.appliance = Appliance(BIN)
        self.addCleanup(self.appliance.remove)
        self.assertTrue(self.appliance.serve().startswith("ready"))
        self.first = self.appliance.trust()["snapshot"]

    def fetch(self, mode="ok", profile="operator"):
        self.appliance.switch(trust=mode)
        return self.appliance.run("trust", "fetch", "--profile", profile)

    def checked(self, name):
        """What doctor says of one thing."""
        checks = self.appliance.run("doctor").json["checks"]
        return next(check for check in checks if check["check"] == name)

    def sealed(self, level="LT"):
        out = self.appliance.work / "sealed.edoc"
        run = self.appliance.run("sign", self.appliance.write("a.txt", "a"), "--level", level, "--out", out)
        self.assertEqual(run.exit, 0, run.out)
        return out

    def stays(self, run, exit_code, code):
        """The fetch failed, says so in the status, and what was in use still is."""
        self.assertEqual((run.exit, run.code), (exit_code, code), run.out)
        status = self.appliance.trust()
        self.assertEqual((status["snapshot"], status["fetch"]["code"]), (self.first, code))
        self.assertIn(code, [warning["code"] for warning in status["warnings"]])
        self.assertEqual(self.appliance.curl("/health/ready")[0], 200)

    def test_a_stored_seal_passes_and_is_qualified(self):
        stored = self.appliance.run("store", self.appliance.write("a.txt", "a"), "--client", CLIENT, "--key",
                                    "seal-p256", "--level", "LT").json
        status, body = self.appliance.curl(f"/v1/documents/{stored['id']}/verification",
                                           "-H", "Edocvault-Purpose: is it genuine")
        report = json.loads(body)
        self.assertEqual((status, report["verdict"]), (200, "valid"))
        self.assertEqual(report["trust"]["snapshot"], self.first)
        self.assertEqual(report["signatures"][0]["qualification"], "QESeal")

    def test_the_fetched_snapshot_serves_the_command_line_too(self):
        for word in ("current", self.first[:12]):
            run = self.appliance.run("verify", self.sealed(), "--trust-snapshot", word)
            self.assertEqual((run.exit, run.json["trust"]["snapshot"]), (0, self.first))

    def test_an_import_is_taken_up_without_a_restart(self):
        inspector = self.appliance.role("inspector")
        imported = self.appliance.run("trust", "import", self.appliance.home / "authority/issuing.der").json["id"]
        self.appliance.until(lambda: self.appliance.trust()["snapshot"] == imported)
        self.assertEqual(self.appliance.role("inspector"), inspector)
        self.assertEqual(self.appliance.run("trust", "pin", self.first[:12]).exit, 0)
        self.appliance.until(lambda: self.appliance.trust()["snapshot"] == self.first)

    def test_a_changed_list_leaves_the_old_snapshot_in_service(self):
        imported = self.appliance.run("trust", "import", self.appliance.home / "authority/issuing.der").json
        member = self.appliance.home / "trust/objects" / imported["members"][0]["sha256"]
        self.appliance.until(lambda: self.appliance.trust()["snapshot"] == imported["id"])
        broken = self.appliance.home / "trust/objects" / self.appliance.run(
            "trust", "show", self.first).json["members"][0]["sha256"]
        broken.chmod(0o600)
        broken.write_bytes(broken.read_bytes() + b"\n")
        self.assertEqual(self.appliance.run("trust", "pin", self.first).exit, 70)
        current = self.appliance.home / "trust/current"
        use = json.loads(current.read_text())
        use["history"].append({"at": use["history"][-1]["at"], "snapshot": self.first, "why": "pin"})
        use["pinned"] = self.first
        current.write_text(json.dumps(use))
        self.appliance.until(lambda: self.appliance.trust()["rejected"])
        status = self.appliance.trust()
        self.assertEqual(status["rejected"], {"snapshot": self.first, "code": "trust.store-damaged"})
        self.assertEqual(status["snapshot"], imported["id"])
        self.assertTrue(member.exists())

    def test_doctor_says_which_trust_is_in_use_and_how_old_it_is(self):
        for _ in ("the service runs", "it does not"):
            trust = self.checked("trust")
            self.assertTrue(trust["ok"])
            self.assertTrue(trust["summary"].startswith(f"snapshot {self.first}, 0 days old, next expiry 2"), trust)
            self.assertNotIn("fix", trust)
            self.appliance.stop()

    def test_doctor_says_what_to_do_without_trust(self):
        self.appliance.stop()
        shutil.rmtree(self.appliance.home / "trust")
        trust = self.checked("trust")
        self.assertEqual([warning["code"] for warning in trust["warnings"]], ["trust.nothing-in-use"])
        self.assertIn("edocvault trust import", trust["fix"])

    def test_doctor_tells_of_a_fetch_that_failed(self):
        self.fetch("older")
        trust = self.checked("trust")
        self.assertTrue(trust["ok"])
        self.assertEqual([warning["code"] for warning in trust["warnings"]], ["trust.import-older"])

    def test_doctor_calls_a_damaged_store_by_its_name(self):
        self.appliance.stop()
        (self.appliance.home / "trust/current").write_text("{}")
        trust = self.checked("trust")
        self.assertEqual((trust["ok"], trust["code"]), (False, "trust.store-damaged"))

    def test_a_damaged_store_at_the_start_is_not_ready_and_trusts_nothing(self):
        container = self.sealed()
        self.appliance.stop()
        shutil.rmtree(self.appliance.home / "trust/objects")
        config = self.appliance.home / "edocvaultd.toml"
        config.write_text(config.read_text().replace("refresh_hours = 24", "refresh_hours = 0"))
        self.appliance.serve()
        status, problem = self.appliance.curl("/health/ready")
        self.assertEqual((status, json.loads(problem)["code"]), (503, "trust.unready"))
        self.assertEqual(self.appliance.trust()["state"], "absent")
        self.assertEqual(self.checked("trust")["code"], "trust.unready")
        self.assertTrue(self.checked("token")["ok"])  # Which was blamed for it once.
        run = self.appliance.run("verify", container, "--trust-snapshot", "latest")
        self.assertEqual((run.exit, run.code), (70, "trust.store-damaged"))
        self.assertEqual(self.sealed().suffix, ".edoc")  # Sealing needs no trust.

    def test_a_list_from_yesterday_is_refused(self):
        self.stays(self.fetch("older"), 8, "trust.import-older")

    def test_a_list_by_a_stranger_is_refused(self):
        self.stays(self.fetch("wrong-signer"), 3, "trust.import-unverified")

    def test_what_is_no_list_is_refused(self):
        self.stays(self.fetch("garbage"), 3, "trust.fetched-other")

    def test_a_redirect_an_endless_answer_and_an_absent_server_are_no_answer(self):
        for mode in ("redirect", "endless", "down"):
            self.stays(self.fetch(mode), 6, "courier.no-answer")
        self.assertEqual(self.appliance.trust()["fetch"]["failures"], 3)
        self.assertEqual(self.fetch().exit, 0)
        self.assertEqual(self.appliance.trust()["warnings"], [])

    def test_stale_lists_are_not_ready(self):
        self.assertEqual(self.fetch("stale").exit, 0)
        self.appliance.until(lambda: self.appliance.trust()["state"] == "expired")
        status, problem = self.appliance.curl("/health/ready")
        self.assertEqual((status, json.loads(problem)["code"]), (503, "trust.stale"))

    def test_only_an_operator_has_lists_fetched_and_he_reads_nothing(self):
        for profile in ("agency", "platform"):
            run = self.fetch(profile=profile)
            self.assertEqual((run.exit, run.code), (5, "caller.wrong-role"))
        for path in ("/v1/documents/" + "0" * 32, "/v1/clients/x/history"):
            self.assertEqual(self.appliance.curl(path, profile="operator")[0], 403)

    def test_the_courier_has_lists_nowhere_but_from_the_configuration(self):
        status, _ = self.appliance.curl("/v1/trust/fetch?lotl=http://127.0.0.1:1/", "-X", "POST", "-H",
                                        "Content-Length: 0", profile="operator")
        self.assertEqual((status, self.appliance.trust()["snapshot"]), (200, self.first))

    def test_without_trust_in_the_configuration_the_service_is_ready_and_trusts_nothing(self):
        self.appliance.stop()
        config = self.appliance.home / "edocvaultd.toml"
        text = config.read_text()
        config.write_text(text[:text.index("[trust]")] + text[text.index("[[key]]"):])
        self.assertTrue(self.appliance.serve().startswith("ready"))
        self.assertEqual((self.appliance.trust()["state"], self.appliance.trust()["configured"]), ("none", False))


class SetBack(unittest.TestCase):
    def test_an_older_copy_of_the_ledger_is_not_served(self):
        appliance = Appliance(BIN)
        self.addCleanup(appliance.remove)
        document = appliance.write("a.txt", "a")

        def store():
            run = appliance.run("store", document, "--client", CLIENT, "--receipt", appliance.work / "receipt")
            self.assertEqual(run.exit, 0, run.out)

        def copy(source, target):
            for part in ("ledger", "keys", "index", "segments"):
                shutil.rmtree(target / part, ignore_errors=True)
                shutil.copytree(source / part, target / part)

        data, older = appliance.home / "data", appliance.work / "older"
        appliance.serve()
        store()
        appliance.stop()
        copy(data, older)
        appliance.serve()
        store()
        appliance.stop()
        copy(older, data)
        (appliance.home / "anchor").unlink()  # Who set the data back took it away: the keyholder's mark remembers.
        self.assertFalse(appliance.serve().startswith("ready"))
        self.assertIn("checkpoint.smaller", appliance.log())


class Token(unittest.TestCase):
    def setUp(self):
        self.appliance = Appliance(BIN)
        self.addCleanup(self.appliance.remove)

    def token(self):
        checks = self.appliance.run("doctor").json["checks"]
        return next(check for check in checks if check["check"] == "token")

    def test_a_wrong_pin_is_tried_once_and_never_again_by_itself(self):
        pin = self.appliance.home / "pin"
        right = pin.read_text()
        pin.write_text("wrong-pin\n")
        self.assertEqual(self.token()["code"], "token.pin-refused")
        self.assertTrue((self.appliance.home / "data/pin-refused").exists())
        self.assertEqual(self.token()["code"], "token.pin-refused")
        pin.write_text(right)
        self.assertTrue(self.token()["ok"])

    def test_an_absent_token_is_unavailable_and_stores_nothing(self):
        (self.appliance.home / "token").rename(self.appliance.home / "token-away")
        (self.appliance.home / "token").mkdir()
        self.assertEqual(self.token()["code"], "token.absent")

    def test_a_missing_module_is_unavailable(self):
        config = self.appliance.home / "edocvaultd.toml"
        config.write_text(re.sub(r'module = "[^"]*"', 'module = "/no/such/module.so"', config.read_text()))
        self.assertRegex(self.token()["code"], r"^token\.")

    def test_an_agency_has_a_token_of_its_own(self):
        home, config = self.appliance.home, self.appliance.home / "edocvaultd.toml"
        first = config.read_text()
        module = re.search(r'module = "([^"]*)"', first)[1]
        (home / "rigas").mkdir()
        (home / "softhsm2-riga.conf").write_text((home / "softhsm2.conf").read_text().replace(f"{home}/token", f"{home}/rigas"))
        (home / "pin-riga").write_text("11223344\n")
        config.write_text(first.replace("edocvault-dev", "rigas").replace('"pin"', '"pin-riga"')
                          .replace("softhsm2.conf", "softhsm2-riga.conf"))
        subprocess.run([self.appliance.bin / "edocvaultd", "--config", config, "--role", "soft-token-maker"],
                       check=True, capture_output=True)
        agency = re.search(r'\[\[key\]\][^\[]*?agency = "([^"]*)"', first)[1]
        config.write_text(first.replace('\nkeys = [', '\nkeys = ["riga-1", ', 1) + f"""
[[token]]
name = "riga"
module = "{module}"
token = "rigas"
pin_file = "pin-riga"
[token.environment]
SOFTHSM2_CONF = "{home}/softhsm2-riga.conf"
[[key]]
label = "riga-1"
agency = "{agency}"
unattended_per_hour = 100
token = "riga"
""")
        run = self.appliance.run("key", "create", "riga-1", "--kind", "seal-p256", "--token", "riga")
        self.assertEqual(run.exit, 0, run.err + run.out.decode())
        self.assertEqual([one["key"] for one in self.appliance.run("key", "list", "--token", "riga").json["keys"]], ["riga-1"])
        self.assertNotIn("riga-1", [one["key"] for one in self.appliance.run("key", "list").json["keys"]])
        self.assertEqual(self.appliance.run("key", "list", "--token", "other").exit, 6)

        self.assertTrue(self.appliance.serve().startswith("ready"))
        self.assertEqual(self.token().get("warnings"), None)
        document = self.appliance.write("a.txt", "one")
        sign = lambda key: self.appliance.run("sign", document, "--key", key, "--level", "B", "--out", self.appliance.work / f"{key}.edoc")
        # It is found where it is; its certificate is its agency's business.
        self.assertEqual(sign("riga-1").code, "key.without-certificate")
        self.assertEqual(sign("seal-p256").exit, 0)
        (home / "rigas").rename(home / "rigas-away")
        (home / "rigas").mkdir()
        self.appliance.stop()
        self.assertTrue(self.appliance.serve().startswith("ready"))
        self.assertEqual(sign("riga-1").code, "token.absent")
        self.assertEqual(sign("seal-p256").exit, 0)
        self.assertEqual([one["code"] for one in self.token()["warnings"]], ["token.other-away"])

    def two_tokens(self):
        """Instead of the token of init: two with the vault's keys of one seed."""
        home, config = self.appliance.home, self.appliance.home / "edocvaultd.toml"
        first = config.read_text()
        module = re.search(r'module = "([^"]*)"', first)[1]
        (home / "second").mkdir()
        (home / "softhsm2-second.conf").write_text(
            (home / "softhsm2.conf").read_text().replace(f"{home}/token", f"{home}/second"))
        (home / "pin-second").write_text("87654321\n")
        shutil.rmtree(home / "token")
        (home / "token").mkdir()

        def make(text):
            config.write_text(text)
            subprocess.run([self.appliance.bin / "edocvaultd", "--config", config, "--role", "soft-token-maker"],
                           check=True, capture_output=True)

        make(first.replace("edocvault-dev", "second").replace('"pin"', '"pin-second"')
             .replace("softhsm2.conf", "softhsm2-second.conf"))
        make(first)
        config.write_text(first.replace("[ceremony]", f"""[hsm.second]
module = "{module}"
token = "second"
pin_file = "pin-second"
after_seconds = 1
[hsm.second.environment]
SOFTHSM2_CONF = "{home}/softhsm2-second.conf"
[ceremony]"""))
        shares = [self.appliance.work / "share-1", self.appliance.work / "share-2"]
        for words in (["share", *shares], ["transfer", *shares, "--token", "second"]):
            run = self.appliance.run("key", *words)
            self.assertEqual(run.exit, 0, run.err + run.out.decode())

    def test_the_second_token_takes_over_and_the_doctor_says_so(self):
        self.two_tokens()
        self.assertTrue(self.appliance.serve().startswith("ready"))
        _, key = self.appliance.curl("/v1/log/key")
        kept = self.appliance.run("store", self.appliance.write("a.txt", "kept"), "--client", CLIENT).json["id"]
        self.assertEqual(self.token().get("warnings"), None)
        self.appliance.stop()

        (self.appliance.home / "token").rename(self.appliance.home / "token-away")
        (self.appliance.home / "token").mkdir()
        self.assertTrue(self.appliance.serve().startswith("ready"))
        self.assertTrue(self.token()["ok"])
        self.assertEqual([one["code"] for one in self.token()["warnings"]], ["token.second-in-use"])
        self.assertEqual(self.appliance.log().count('"event":"token.changed"'), 1)
        back = self.appliance.work / "back"
        self.assertEqual(self.appliance.run("get", kept, "--out", back, "--purpose", "test").exit, 0)
        self.assertEqual(back.read_text(), "kept")
        self.assertEqual(self.appliance.run("store", self.appliance.write("b.txt", "more"), "--client", CLIENT).exit, 0)
        self.assertEqual(self.appliance.curl("/v1/log/key")[1], key)

    def test_a_first_token_that_hangs_is_replaced_too(self):
        shim = pathlib.Path(BIN).resolve().parent / "tests/libtoken_shim.so"
        if not shim.exists():
            self.skipTest("no module that hangs to order")
        self.two_tokens()
        control = self.appliance.work / "shim"
        control.mkdir()
        os.mkfifo(control / "hang.C_OpenSession")
        config = self.appliance.home / "edocvaultd.toml"
        module = re.search(r'module = "([^"]*)"', config.read_text())[1]
        text = config.read_text().replace("[hsm.environment]", f"""[hsm.environment]
TOKEN_SHIM_MODULE = "{module}"
TOKEN_SHIM_DIR = "{control}\"""", 1)
        text = text.replace(f'module = "{module}"', f'module = "{shim}"\ncall_seconds = 1', 1)
        config.write_text(text)
        self.assertTrue(self.appliance.serve().startswith("ready"))  # The keyholder ended for it once.
        self.assertEqual([one["code"] for one in self.token()["warnings"]], ["token.second-in-use"])

    def test_init_does_not_touch_an_appliance_that_is_there(self):
        before = (self.appliance.home / "edocvaultd.toml").read_bytes()
        run = self.appliance.run("init", "--dev")
        self.assertEqual((run.exit, run.code), (8, "home.exists"))
        self.assertEqual((self.appliance.home / "edocvaultd.toml").read_bytes(), before)

    def test_a_misspelt_setting_is_named(self):
        config = self.appliance.home / "edocvaultd.toml"
        config.write_text(config.read_text().replace("pin_file", "pinfile"))
        self.assertIn("server.ended", self.appliance.serve())
        self.assertIn("pin_file", self.appliance.log())


class FullDisk(unittest.TestCase):
    def test_a_full_disk_refuses_and_loses_nothing(self):
        mount = pathlib.Path(tempfile.mkdtemp(prefix="edocvault-small-"))
        self.addCleanup(mount.rmdir)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", mount], capture_output=True).returncode:
            self.skipTest("cannot mount a small file system here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(mount)])
        appliance = Appliance(BIN, data_on=mount)
        self.addCleanup(appliance.remove)
        self.assertTrue(appliance.serve().startswith("ready"))
        document = appliance.write("large.bin", os.urandom(400_000))
        kept, refusal = [], None
        for _ in range(12):
            run = appliance.run("store", document, "--client", CLIENT)
            if run.exit != 0:
                refusal = run
                break
            kept.append(run.json["id"])
        self.assertIsNotNone(refusal, "the disk never filled")
        self.assertEqual((refusal.exit, refusal.code), (6, "disk.full"), refusal.out)
        self.assertTrue(kept)
        for document_id in kept:
            self.assertEqual(appliance.curl("/v1/documents/" + document_id)[0], 200)


def load_tests(loader, tests, pattern):
    """All classes, or with EDOCVAULT_PART=1/2 every second one, so that two can run side by side."""
    part, of = map(int, os.environ.get("EDOCVAULT_PART", "1/1").split("/"))
    suites = [suite for suite in tests if suite.countTestCases()]
    return unittest.TestSuite(suites[part - 1::of])


if __name__ == "__main__":
    unittest.main(verbosity=2)
