"""More than a thousand signatures of ours, of every form, level, algorithm and kind of name, made through the
service and judged by verifiers that others wrote.

    generated.py BIN_DIR [PER_COMBINATION]

Accepted means: our verifier and EU DSS, with the test authority's trusted list, find TOTAL-PASSED where the signature
holds what that takes (LT, LTA) and below it an intact signature, each of the level asked; digidoc4j finds containers
at LT and LTA TOTAL-PASSED; edockit finds value, digests and time-stamp good. What a peer does not know is in KNOWN,
by rule. The last line is "N passed, N failed".
"""
import collections
import hashlib
import http.client
import io
import itertools
import json
import pathlib
import re
import ssl
import sys
import urllib.parse
import urllib.request
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "flow"))
from appliance import Appliance  # noqa: E402
import corpus_jobs  # noqa: E402
from interop import BUILD, Tally, ask_edockit, install_edockit, present  # noqa: E402
from java_peer import JavaPeer  # noqa: E402

ASIC = "application/vnd.etsi.asic-e+zip"
DIGESTS = "application/vnd.edocvault.digests+json"
LEVELS = ("B", "T", "LT", "LTA")
ALGORITHMS = {"p256": {}, "p384": {}, "p521": {}, "ed25519": {}, "rsa2048": {}, "rsa3072": {}, "rsa4096": {},
              "rsa3072-pss": {"algorithm": "rsa-pss-sha256"}}
CONTAINERS = ("one", "several", "added", "countersigned", "extended")
XML = ("enveloped", "enveloping", "detached")
NAMES = ("lemums.txt", "lēmums par šķūņa žogu.txt", "a+b c+.txt", "100% (1).txt", "mape/apakš mape/ž.txt")

# (peer, algorithm or form, level) that the peer does not take, and why. "*" is any.
KNOWN = {
    ("edocvault", "ed25519", "LT"): "eu-ades has no EdDSA: TS 119 312 does not list it",
    ("edocvault", "ed25519", "LTA"): "the same",
    ("dss", "ed25519", "*"): "its default policy has no EdDSA",
    ("edockit", "ed25519", "*"): "it knows RSA and ECDSA",
    ("edockit", "rsa3072-pss", "*"): "it knows RSASSA-PKCS1-v1_5",
    ("digidoc4j", "ed25519", "*"): "as EU DSS, which it rests on",
}


def known(peer, case):
    return any((peer, what, level) in KNOWN for what in (case.algorithm, case.form) for level in (case.level, "*"))


class Case(collections.namedtuple("Case", "algorithm form level name")):
    @property
    def id(self):
        return f"{self.algorithm} {self.form} {self.level} {self.name}"


class Service:
    """One connection, kept."""

    def __init__(self, appliance):
        home = appliance.home
        server = re.search(r'server = "https://([^"]+)"', (home / "client.toml").read_text())[1]
        context = ssl.create_default_context(cafile=str(home / "tls/ca.pem"))
        context.load_cert_chain(home / "client/agency.pem", home / "client/agency.key")
        host, _, port = server.partition(":")
        self.connect = lambda: http.client.HTTPSConnection(host, int(port), context=context, timeout=60)

    def post(self, path, query, body, content_type, headers=()):
        connection = self.connect()
        connection.request("POST", f"{path}?{urllib.parse.urlencode(query)}", body,
                           {"Content-Type": content_type, **dict(headers)})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {data[:300]!r}")
        return data


def container(names):
    """Unsigned, as an agency's own program would pack it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), ASIC)
        entries = "".join(f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/plain"/>'
                          for name in names)
        for name in names:
            archive.writestr(name, f"Saturs: {name}\n", zipfile.ZIP_DEFLATED)
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest='
                         '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2"><manifest:file-entry '
                         f'manifest:full-path="/" manifest:media-type="{ASIC}"/>{entries}</manifest:manifest>')
    return out.getvalue()


def make(service, case, folder):
    """The bytes of the case; detached data goes into `folder`."""
    key = {"key": "seal-" + case.algorithm.removesuffix("-pss"), **ALGORITHMS[case.algorithm]}
    sign = lambda body, kind=ASIC, **more: service.post(  # noqa: E731
        "/v1/signatures", {**key, "level": case.level, **more}, body, kind)
    if case.form == "one":
        return sign(container([case.name]), role="Sekretāre", city="Rīga", country="LV", commitment="approval")
    if case.form == "several":
        return sign(container([case.name, "pielikums.csv", "mape/foto.txt"]))
    if case.form == "added":
        return sign(service.post("/v1/signatures", {"key": "seal-p256", "level": "LT"}, container([case.name]), ASIC))
    if case.form == "countersigned":
        return sign(service.post("/v1/signatures", {"key": "seal-p256", "level": case.level}, container([case.name]),
                                 ASIC), form="counter", id="S1")
    if case.form == "extended":
        signed = service.post("/v1/signatures", {**key, "level": "B"}, container([case.name]), ASIC)
        return signed if case.level == "B" else service.post("/v1/signatures/extend", {"level": case.level}, signed, ASIC)
    text = f"<?xml version='1.0'?>\n<r xmlns='urn:x' n='{case.name}'><!-- ž --><b/></r>\n".encode()
    if case.form == "detached":
        (folder / case.name).parent.mkdir(parents=True, exist_ok=True)
        (folder / case.name).write_bytes(text)
        documents = [{"name": case.name, "mediaType": "text/plain", "sha256": hashlib.sha256(text).hexdigest()}]
        return sign(json.dumps({"documents": documents}).encode(), DIGESTS, form="detached")
    return sign(text, "application/xml", form=case.form)


def cases(names):
    for algorithm, form, level in itertools.product(ALGORITHMS, CONTAINERS + XML, LEVELS):
        if (form, level) == ("detached", "LTA"):
            continue  # An archive time-stamp is over the documents, which stay with their owner.
        for name in names:
            yield Case(algorithm, form, level, name)


def trust_of(appliance):
    """The trusted list of the test authority, and who signs it."""
    url = re.search(r'LV = "([^"]+)"', (appliance.home / "edocvaultd.toml").read_text())[1]
    with urllib.request.urlopen(url) as answer:
        return [appliance.write("tl-LV.xml", answer.read()), appliance.home / "authority/list-signer.der"]


def jobs_for(made, appliance):
    trust = trust_of(appliance)
    return [dict(id=case.id, set="own", file=path, at=None, data=data, trust=trust, policy="eu-ades")
            for case, (path, data) in made.items()]


def wanted_of(case):
    return {"counter": case.form == "countersigned", "passed": case.level in ("LT", "LTA")}


def judge_signatures(case, answer, intact, level, indication):
    """Why not, or None. The signature that was asked for is the last one of a container; a counter-signature hangs
    below its parent."""
    signatures = (answer or {}).get("signatures") or []
    if not signatures:
        return f"no answer: {json.dumps(answer)[:200]}"
    own = signatures[-1]
    if not all(intact(one) for one in signatures):
        return "not intact"
    if level(own).replace("_", "-") != f"XAdES-BASELINE-{case.level}":
        return f"level {level(own)}"
    if case.level in ("LT", "LTA") and indication(own).replace("_", "-") != "TOTAL-PASSED":
        return f"{indication(own)} {own.get('subIndication')} {json.dumps(own.get('errors', ''))[:200]}"
    if indication(own).replace("_", "-") == "TOTAL-FAILED":
        return f"failed {own.get('subIndication')}"
    return None


# It takes time-stamps of services that its own trusted lists have as TSA/QTST, and can be handed none.
QUALIFIED_TSA = ("expected type identifier", "not related to a TSA/QTST", "has an invalid timestamp")


def judge_digidoc4j(answer):
    signatures = answer.get("signatures") or []
    passed = signatures and all(one["indication"] == "TOTAL_PASSED" for one in signatures)
    others = [error for one in signatures for error in one["errors"]
              if not any(known_error in error for known_error in QUALIFIED_TSA)]
    return None if passed and not others else json.dumps(answer)[:600]


class Table:
    """Counts of accepted by peer and by a property of the cases."""

    def __init__(self):
        self.counts = collections.defaultdict(lambda: [0, 0, 0])

    def add(self, peer, case, state):
        for word in (case.algorithm, case.form, case.level, "all"):
            self.counts[peer, word][state] += 1

    def print(self):
        peers = sorted({peer for peer, _ in self.counts})
        words = [*ALGORITHMS, *CONTAINERS, *XML, *LEVELS, "all"]
        print("\naccepted/not for it/refused by peer")
        print("| | " + " | ".join(peers) + " |")
        for word in words:
            row = ["/".join(map(str, self.counts[peer, word])) for peer in peers]
            print(f"| {word} | " + " | ".join(row) + " |")


def record(tally, table, peer, case, why):
    state = 0 if why is None else 1 if known(peer, case) else 2
    table.add(peer, case, state)
    tally.passed += state == 0
    tally.failed += state == 2
    if state == 2:
        print(f"FAIL {peer}: {case.id}: {why}")


def main():
    names = NAMES[:int(sys.argv[2])] if len(sys.argv) > 2 else NAMES
    appliance, tally, table = Appliance(sys.argv[1]), Tally(), Table()
    try:
        started = appliance.serve()
        if not started.startswith("ready"):
            raise SystemExit("the appliance did not start: " + started)
        fetched = appliance.run("trust", "fetch")  # An extension of anybody's signature finds issuers in it.
        assert fetched.exit == 0, fetched.out
        service, made = Service(appliance), {}
        for number, case in enumerate(cases(names)):
            suffix = ".xml" if case.form in XML else ".edoc" if number % 2 else ".asice"
            folder = appliance.work / f"data-{number}"
            try:
                result = make(service, case, folder)
            except RuntimeError as error:
                tally.failed += 1
                print(f"FAIL not made: {case.id}: {error}")
                continue
            made[case] = (appliance.write(f"{number}{suffix}", result), folder if folder.exists() else None)
        print(f"made {len(made)} signatures")
        jobs = jobs_for(made, appliance)
        ours = corpus_jobs.ask_ours(appliance.bin / "edocvault", jobs, appliance.work / "empty")
        for case in made:
            record(tally, table, "edocvault", case,
                   judge_signatures(case, (ours.get(case.id) or {}).get("report"), lambda s: s["intact"],
                                    lambda s: s.get("format") or "", lambda s: s["indication"]))
        dss = JavaPeer("dss", BUILD)
        if present(tally, dss):
            answers = dss.ask(jobs)
            for case in made:
                record(tally, table, "dss", case,
                       judge_signatures(case, answers.get(case.id), lambda s: s["intact"],
                                        lambda s: s["level"] or "", lambda s: s["indication"] or ""))
        digidoc4j = JavaPeer("digidoc4j", BUILD)
        if present(tally, digidoc4j):
            own = {case: job for case, job in zip(made, jobs) if case.form in CONTAINERS and case.level in ("LT", "LTA")}
            anchor = [appliance.home / "authority/issuing.der"]
            answers = digidoc4j.ask([dict(job, trust=anchor) for job in own.values()])
            for case in own:
                record(tally, table, "digidoc4j", case, judge_digidoc4j(answers.get(case.id) or {}))
        folder = install_edockit(BUILD)
        if folder is not None:
            tally.peer("edockit", "0.3.0")
            own = {case: str(made[case][0]) for case in made if case.form in CONTAINERS}
            answers = {a["file"]: a for a in ask_edockit(folder, own.values())}
            for case, path in own.items():
                signatures = answers.get(path, {}).get("signatures", [])
                good = bool(signatures) and all(s["signature"] and s["checksums"] and s["timestamp"] is not False
                                                for s in signatures)
                record(tally, table, "edockit", case, None if good else json.dumps(answers.get(path))[:300])
    finally:
        appliance.remove()
    table.print()
    print("\npeers: " + "; ".join(tally.peers))
    print(f"{tally.passed} passed, {tally.failed} failed")
    return tally.failed > 0


if __name__ == "__main__":
    sys.exit(main())
