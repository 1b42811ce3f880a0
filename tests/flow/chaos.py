"""A token that fails, hangs, answers slowly, forgets and disappears under load, beneath the real programs.

    chaos.py BIN_DIR TOKEN_SHIM [--losses N] [--seed N] [--timed]

Prints what was measured as JSON; ends with 1 if a promise was broken (docs/hsm.md), those about time with --timed only.
"""
import argparse
import base64
import hashlib
import http.client
import io
import json
import os
import pathlib
import random
import re
import ssl
import sys
import tempfile
import threading
import time
import zipfile

from appliance import Appliance

LATEST_RETURN = 5.0  # Seconds from the token's return to the first good seal.
SLOWEST_ANSWER = 5.0  # Seconds until a caller hears of it, or that the token is away.
BATCH = 8
# Troubles that do not end the keyholder, which then needs no token to open keys.
SURVIVED = {"sessions lost", "login lost", "removed", "fails", "slow", "signs wrongly"}
ASIC = "application/vnd.etsi.asic-e+zip"


class Token:
    """The token's fate, by the files that the shim obeys."""

    def __init__(self, folder):
        self.folder = folder
        self.losses = 0
        folder.mkdir()

    def order(self, name, text=""):
        written = self.folder / (name + ".new")
        written.write_text(text)
        written.rename(self.folder / name)

    def loses(self, what="reset"):
        self.losses += 1
        self.order(what, str(self.losses))

    def remove(self):
        self.order("absent")

    def put_back(self):
        self.loses()
        (self.folder / "absent").unlink()

    def hang(self, function):
        os.mkfifo(self.folder / ("hang." + function))

    def hang_no_more(self, function):
        (self.folder / ("hang." + function)).unlink()

    def counted(self, name):
        path = self.folder / name
        return path.stat().st_size if path.exists() else 0


class Caller:
    """One connection to the API that is made anew when it breaks, or before the server ends an idle one."""

    def __init__(self, appliance, profile="agency"):
        server = re.search(r'server = "https://([^"]+)"', (appliance.home / "client.toml").read_text())[1]
        self.server = server
        self.context = ssl.create_default_context(cafile=appliance.home / "tls/ca.pem")
        self.context.load_cert_chain(appliance.home / f"client/{profile}.pem", appliance.home / f"client/{profile}.key")
        self.connection = None
        self.used = 0.0

    def call(self, method, path, body=None, **headers):
        """Status (0: no answer), body, and the seconds it took."""
        began = time.monotonic()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            if self.connection is None or began - self.used > 2:
                self.connection = http.client.HTTPSConnection(self.server, context=self.context, timeout=60)
            self.connection.request(method, path, body, names)
            answer = self.connection.getresponse()
            status, content = answer.status, answer.read()
            if answer.will_close:
                self.connection.close()
                self.connection = None
        except (OSError, http.client.HTTPException):
            self.connection = None
            status, content = 0, b""
        self.used = time.monotonic()
        return status, content, self.used - began


READ = {"Edocvault_Purpose": "chaos reads", "Edocvault_Official": "test"}


def register(caller, identifier):
    status, body, _ = caller.call("POST", "/v1/clients/lookup", json.dumps({"identifier": identifier, "create": True}),
                                  Content_Type="application/json", **READ)
    assert status == 200, body
    return json.loads(body)["client"]


class Load(threading.Thread):
    """Calls again and again until told to stop. Counts its answers by status."""

    def __init__(self, appliance, stop, pause):
        super().__init__(daemon=True)
        self.caller = Caller(appliance)
        self.stop = stop
        self.pause = pause
        self.statuses = {}
        self.slowest = 0.0
        self.broken = []

    def run(self):
        while not self.stop.is_set():
            try:
                self.step()
            except Exception as error:  # A thread that dies silently would prove nothing.
                self.broken.append(repr(error))
            self.stop.wait(self.pause)

    def call(self, *words, **headers):
        status, body, took = self.caller.call(*words, **headers)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.slowest = max(self.slowest, took)
        return status, body


class Storing(Load):
    """Has documents sealed and stored, each under a client of this thread's own."""

    def __init__(self, appliance, stop, client, key):
        super().__init__(appliance, stop, 0.02)
        self.client, self.key = client, key
        self.acknowledged = []

    def step(self):
        text = os.urandom(32).hex().encode()
        status, body = self.call("POST", f"/v1/documents?client={self.client}&key={self.key}&level=B", text,
                                 Content_Type="text/plain", Content_Disposition='attachment; filename="a.txt"')
        if status == 201:
            self.acknowledged.append((json.loads(body)["id"], text))
        elif status != 503:
            self.broken.append(f"seal and store: {status} {body[:200]}")


class Batching(Load):
    """Orders batches, each until it is done, repeating itself under the same Idempotency-Key."""

    def __init__(self, appliance, stop):
        super().__init__(appliance, stop, 0.02)
        self.batches = []  # (id, texts)

    def step(self):
        texts = [os.urandom(32).hex().encode() for _ in range(BATCH)]
        order = json.dumps({"items": [{"documents": [{"name": "a.txt", "mediaType": "text/plain",
                                                      "sha256": hashlib.sha256(text).hexdigest()}]} for text in texts]})
        key = os.urandom(16).hex()
        ids = set()
        while True:
            status, body = self.call("POST", "/v1/batches?key=seal-p384&level=B", order, Idempotency_Key=key,
                                     Content_Type="application/json")
            if status == 202:
                ids.add(json.loads(body)["id"])
                if json.loads(body)["state"] == "done":
                    break
            elif status != 503:
                raise AssertionError(f"batch: {status} {body[:200]}")
            time.sleep(0.1)
        if len(ids) != 1:
            raise AssertionError(f"one order became {ids}")
        self.batches.append((ids.pop(), texts))


class Reading(Load):
    """Reads what needs no token: it may never fail."""

    def __init__(self, appliance, stop, document):
        super().__init__(appliance, stop, 0.05)
        self.paths = [f"/v1/documents/{document}", "/v1/log/checkpoint", "/v1/trust", "/health/live"]

    def step(self):
        for path in self.paths:
            status, body = self.call("GET", path)
            if status != 200:
                self.broken.append(f"{path}: {status} {body[:200]}")


class Opening(Load):
    """Reads contents. The keyholder knows the top of the key tree, so it needs no token for that; but one that
    started anew does, once. While `trouble` names one that a keyholder survives, no read may fail."""

    def __init__(self, appliance, stop, document, text):
        super().__init__(appliance, stop, 0.05)
        self.document, self.text = document, text
        self.trouble = None
        self.in_trouble = 0  # Reads answered meanwhile.

    def reads(self):
        status, body = self.call("GET", f"/v1/documents/{self.document}/content", **READ)
        if status == 200 and self.text in zipfile.ZipFile(io.BytesIO(body)).read("a.txt"):
            return True
        if status != 503:
            self.broken.append(f"content: {status} {body[:200]}")
        return False

    def step(self):
        before = self.trouble
        right = self.reads()
        if before is None or self.trouble is not before:
            return
        self.in_trouble += 1
        if not right:
            self.broken.append(f"content: not readable while: {before[0]}")


def wait_until_readable(caller, document):
    deadline = time.monotonic() + 60
    while caller.call("GET", f"/v1/documents/{document}/content", **READ)[0] != 200 and time.monotonic() < deadline:
        time.sleep(0.05)


class Verifying(Load):
    """Verifies by the command line, offline."""

    def __init__(self, appliance, stop, container, trust):
        super().__init__(appliance, stop, 0.2)
        self.appliance, self.container, self.trust = appliance, container, trust

    def step(self):
        run = self.appliance.run("verify", self.container, "--trust", self.trust)
        self.statuses[run.exit] = self.statuses.get(run.exit, 0) + 1
        if run.exit != 0:
            self.broken.append(f"verify: {run.exit} {run.out[:200]}")


def losses(token, rng):
    """(name, begin, end, seconds between them) for each kind of trouble."""
    signing = rng.choice(["C_SignInit", "C_Sign"])
    anywhere = rng.choice(["C_SignInit", "C_Sign", "C_FindObjectsInit", "C_EncryptInit", "C_Encrypt", "C_DecryptInit",
                           "C_Decrypt", "C_GenerateRandom", "C_OpenSession", "C_GetAttributeValue"])
    # CKR_GENERAL_ERROR, FUNCTION_FAILED, DEVICE_ERROR, DEVICE_MEMORY, DEVICE_REMOVED, KEY_HANDLE_INVALID,
    # SESSION_HANDLE_INVALID, USER_NOT_LOGGED_IN
    code = rng.choice([0x05, 0x06, 0x30, 0x31, 0x32, 0x60, 0xB3, 0x101])
    nothing = lambda: None
    away = rng.uniform(0.1, 1.5)

    def starts_anew(function):
        token.loses()
        token.hang(function)

    start = rng.choice(["C_Initialize", "C_GetSlotList", "C_OpenSession", "C_Login"])
    return [
        ("sessions lost", token.loses, nothing, 0),
        ("login lost", lambda: token.loses("logout"), nothing, 0),
        ("removed", token.remove, token.put_back, away),
        ("fails", lambda: token.order("fail." + anywhere, f"{code} {rng.randint(1, 5)}"),
         lambda: token.order("fail." + anywhere, "0 0"), away),
        ("slow", lambda: token.order("slow.C_Sign", f"{rng.randint(50, 800)} 6"),
         lambda: token.order("slow.C_Sign", "0 0"), away),
        ("hangs", lambda: token.hang(signing), lambda: token.hang_no_more(signing), rng.uniform(0.1, 4)),
        ("hangs at start", lambda: starts_anew(start), lambda: token.hang_no_more(start), rng.uniform(0.1, 4)),
        ("crashes", lambda: token.order("crash." + signing, "1 1"), nothing, 0),
        ("signs wrongly", lambda: token.order("fail.flip", f"1 {rng.randint(1, 3)}"),
         lambda: token.order("fail.flip", "0 0"), 0.2),
    ]


def seal_until_good(caller):
    """Seconds until a seal is had."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        status, _, _ = caller.call("POST", "/v1/signatures?key=seal-p256&level=B", b"probe", Content_Type="text/plain",
                                   Content_Disposition='attachment; filename="probe.txt"')
        if status == 200:
            return time.monotonic() - began
        time.sleep(0.02)
    return 60.0


def container_of(text, signature):
    out = io.BytesIO()
    manifest = ('<?xml version="1.0" encoding="UTF-8"?>'
                '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ASIC}"/>'
                '<manifest:file-entry manifest:full-path="a.txt" manifest:media-type="text/plain"/></manifest:manifest>')
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", ASIC)
        archive.writestr("a.txt", text)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("META-INF/signatures0.xml", signature)
    return out.getvalue()


class Judge:
    """After the storm: everything acknowledged is there, once, and verifies."""

    def __init__(self, appliance):
        self.caller = Caller(appliance)
        self.platform = Caller(appliance, "platform")
        self.client = register(self.caller, "PK:320000-77777")
        self.lost, self.wrong, self.twice = [], [], []
        self.checked = 0

    def judge_document(self, document, text, key):
        status, body, _ = self.caller.call("GET", f"/v1/documents/{document}/content", **READ)
        if status != 200:
            self.lost.append(document)
        else:
            self.judge_stored(document, text, key)

    def judge_stored(self, document, text, key):
        """One signature, intact, by that key, over exactly that text."""
        status, body, _ = self.caller.call("GET", f"/v1/documents/{document}/verification", **READ)
        self.checked += 1
        signatures = json.loads(body)["signatures"] if status == 200 else []
        found = [(one["intact"], one["signer"]["commonName"], one["signedFiles"]) for one in signatures]
        expected = (True, f"Paraugu iestāde (TEST {key})",
                    [{"name": "a.txt", "sha256": hashlib.sha256(text).hexdigest()}])
        if found != [expected]:
            self.wrong.append((document, status, found))

    def judge_client(self, storing):
        """What is kept of a client is what was acknowledged to it, each once."""
        kept, cursor = [], ""
        while cursor is not None:
            page = json.loads(self.platform.call(
                "GET", f"/v1/clients/{storing.client}/history?limit=100{cursor}", **READ)[1])
            kept += [item["id"] for item in page["items"]]
            cursor = "&cursor=" + page["next"] if page["next"] else None
        known = [document for document, _ in storing.acknowledged]
        self.lost += sorted(set(known) - set(kept))
        self.twice += sorted(set(kept) - set(known))

    def judge_batch(self, batch, texts):
        status, body, _ = self.caller.call("GET", f"/v1/batches/{batch}/signatures")
        _, again, _ = self.caller.call("GET", f"/v1/batches/{batch}/signatures")
        items = json.loads(body)["items"] if status == 200 else []
        if body != again:
            self.twice.append(batch)
        if [item["index"] for item in items] != list(range(BATCH)) or not all("signature" in item for item in items):
            self.lost.append((batch, body[:300]))
            return
        for item, text in zip(items, texts):
            status, body, _ = self.caller.call("POST", f"/v1/documents?client={self.client}",
                                               container_of(text, base64.b64decode(item["signature"])),
                                               Content_Type=ASIC, Content_Disposition='attachment; filename="a.edoc"')
            if status != 201:
                self.lost.append((batch, item["index"], body[:200]))
            else:
                self.judge_stored(json.loads(body)["id"], text, "seal-p384")


def take_the_shim(appliance, shim, folder):
    config = appliance.home / "edocvaultd.toml"
    text = config.read_text()
    real = re.search(r'module = "([^"]*)"', text)[1]
    text = text.replace(real, str(shim), 1)
    text = text.replace("[hsm.environment]\n", f'[hsm.environment]\nTOKEN_SHIM_MODULE = "{real}"\n'
                                               f'TOKEN_SHIM_DIR = "{folder}"\n')
    config.write_text(text)


def wrong_pin(appliance, token, caller):
    """A wrong PIN file met at a loss: tried once, and the right one heals it."""
    pin = appliance.home / "pin"
    right = pin.read_text()
    pin.write_text("wrong-pin\n")
    token.loses()
    for _ in range(5):
        status, body, _ = caller.call("POST", "/v1/signatures?key=seal-p256&level=B", b"x", Content_Type="text/plain",
                                      Content_Disposition='attachment; filename="x.txt"')
        assert status == 503, (status, body)
    pin.write_text(right)
    return seal_until_good(caller)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("shim", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--losses", type=int, default=10)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--timed", action="store_true")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    print("seed", seed, file=sys.stderr)
    rng = random.Random(seed)
    appliance = Appliance(options.bin)
    try:
        return chaos(appliance, options, rng, seed)
    finally:
        appliance.remove()


def chaos(appliance, options, rng, seed):
    token = Token(appliance.work / "token")
    take_the_shim(appliance, options.shim, token.folder)
    started = appliance.serve()
    assert started.startswith("ready"), started
    assert appliance.run("trust", "fetch").exit == 0
    prober = Caller(appliance)
    trust = appliance.home / "authority/issuing.der"

    # One of each kind before the storm.
    first = Storing(appliance, threading.Event(), register(prober, "PK:320000-11111"), "seal-p256")
    first.step()
    assert first.acknowledged, first.broken or first.statuses
    document, text = first.acknowledged[0]
    container = appliance.work / "known.edoc"
    assert appliance.run("sign", appliance.write("a.txt", text), "--level", "LT", "--out", container).exit == 0

    stop = threading.Event()
    storing = [Storing(appliance, stop, register(prober, "PK:320000-22222"), "seal-p256"),
               Storing(appliance, stop, register(prober, "PK:320000-33333"), "seal-rsa3072")]
    batching = Batching(appliance, stop)
    reading = Reading(appliance, stop, document)
    opening = Opening(appliance, stop, document, text)
    verifying = Verifying(appliance, stop, container, trust)
    loads = [*storing, batching, reading, opening, verifying]
    for load in loads:
        load.start()

    returns = {}
    for number in range(options.losses):
        kinds = losses(token, rng)
        # Each kind in its turn, so that a short run meets all of them.
        name, begin, end, lasts = kinds[number % len(kinds)]
        if name in SURVIVED:
            wait_until_readable(prober, document)
            opening.trouble = [name]  # A new one each time: compared by identity.
        begin()
        time.sleep(lasts)
        end()
        returns.setdefault(name, []).append(seal_until_good(prober))
        opening.trouble = None
        time.sleep(rng.uniform(0.1, 0.5))
    refusals_by_chaos = token.counted("refusals")
    after_pin = wrong_pin(appliance, token, prober)
    stop.set()
    for load in loads:
        load.join(timeout=120)

    judge = Judge(appliance)
    for load in storing:
        for one in load.acknowledged:
            judge.judge_document(*one, load.key)
        judge.judge_client(load)
    for batch in batching.batches:
        judge.judge_batch(*batch)

    latest = max(max(times) for times in returns.values())
    figures = {
        "seed": seed,
        "losses": options.losses,
        "secondsToFirstSeal": {name: round(max(times), 2) for name, times in returns.items()},
        "secondsToFirstSealAfterPin": round(after_pin, 2),
        "documents": sum(len(load.acknowledged) for load in storing),
        "batchSignatures": BATCH * len(batching.batches),
        "verifiedAfterwards": judge.checked,
        "statuses": {type(load).__name__ + (f" {load.key}" if isinstance(load, Storing) else ""): load.statuses
                     for load in loads},
        "slowestAnswer": {type(load).__name__: round(load.slowest, 2) for load in loads},
        "keyholdersEnded": appliance.log().count('"died":"keyholder"'),
        "logins": token.counted("logins"),
        "wrongPinsByLosses": refusals_by_chaos,
        "wrongPinsByAWrongFile": token.counted("refusals") - refusals_by_chaos,
        "contentsReadInTrouble": opening.in_trouble,
        "lost": len(judge.lost),
        "wrong": len(judge.wrong),
        "twice": len(judge.twice),
    }
    print(json.dumps(figures, indent=1))
    broken = [what for load in loads for what in load.broken]
    for what in (*judge.lost, *judge.wrong, *judge.twice, *broken):
        print("broken:", what, file=sys.stderr)
    promises = {
        "nothing acknowledged is lost": not judge.lost,
        "nothing wrong was released": not judge.wrong,
        "nothing was released twice": not judge.twice,
        "nobody got another answer than the promised ones": not broken,
        "signing is back in time": not options.timed or latest <= LATEST_RETURN,
        "who asks hears soon": not options.timed or max(load.slowest for load in loads) <= SLOWEST_ANSWER,
        "no loss had a PIN counted wrong": refusals_by_chaos == 0,
        "a wrong PIN file was tried once": token.counted("refusals") == 1,
        "contents were read while the token was in trouble": opening.in_trouble >= options.losses // 2,
        "the storm met a load": judge.checked >= options.losses,
    }
    for promise, kept in promises.items():
        if not kept:
            print("not kept:", promise, file=sys.stderr)
    return 0 if all(promises.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
