"""A key ceremony by the real programs: two custodians, two tokens, and who tries to do without."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

program = pathlib.Path(sys.argv[1]).resolve()
daemon = program.parent / "edocvaultd"
module = pathlib.Path(sys.argv[2])
failures = []

if not module.is_file() or shutil.which("openssl") is None:
    print("SKIPPED: no SoftHSM or no openssl")
    sys.exit(0)


def expect(what, actual, wanted):
    if actual != wanted:
        failures.append(f"{what}: {actual!r}, not {wanted!r}")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Ceremony:
    def __init__(self, home):
        self.home = home
        self.count = 0
        for folder in ("data", "token-1", "token-2", "usb"):
            (home / folder).mkdir()
        for number in (1, 2):
            (home / f"softhsm-{number}.conf").write_text(
                f"directories.tokendir = {home}/token-{number}\nobjectstore.backend = file\nlog.level = ERROR\n")
            (home / f"pin-{number}").write_text("12345678\n")
        for name in ("alice", "bob", "mallory"):
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", home / f"{name}.key")
            openssl("pkey", "-in", home / f"{name}.key", "-pubout", "-out", home / f"{name}.pub")
        for number in (2, 1):
            self.configure(number)
            subprocess.run([daemon, "--config", home / "edocvaultd.toml", "--role", "soft-token-maker"],
                           check=True, capture_output=True)

    def token(self, part, number):
        return (f'[{part}]\nmodule = "{module}"\ntoken = "token-{number}"\npin_file = "pin-{number}"\n'
                + ('log_origin = "vault.example/log"\n' if part == "hsm" else "")
                + f'[{part}.environment]\nSOFTHSM2_CONF = "{self.home}/softhsm-{number}.conf"\n')

    def configure(self, first):
        (self.home / "edocvaultd.toml").write_text(
            '[vault]\ndata = "data"\n[listen]\naddress = "127.0.0.1"\nport = 1\ncertificate = "c"\nkey = "k"\n'
            'client_ca = "ca"\n[courier.services]\n[ceremony]\ncustodians = ["alice.pub", "bob.pub"]\n'
            + self.token("hsm", first) + self.token("hsm.second", 3 - first))

    def key(self, *words):
        done = subprocess.run([program, "key", *map(str, words), "--home", self.home, "--json"],
                              capture_output=True, text=True)
        answer = json.loads(done.stdout) if done.stdout else {"error": {"code": done.stderr}}
        return answer.get("error", {}).get("code", ""), answer

    def approve(self, order, custodian):
        approval = self.home / f"{order.stem}-{custodian}.jws"
        code, _ = self.key_without_home("approve", order, "--custodian-key", self.home / f"{custodian}.key",
                                        "-o", approval)
        expect(f"{custodian} approves", code, 0)
        return approval

    def key_without_home(self, *words):
        done = subprocess.run([program, "key", *map(str, words)], capture_output=True, text=True)
        return done.returncode, done.stdout

    def approved(self, *words, by=("alice", "bob")):
        """The options that carry an order out."""
        self.count += 1
        order = self.home / f"order-{self.count}.json"
        expect("draft of " + words[0], self.key(*words, "--draft", order)[0], "")
        options = []
        for custodian in by:
            options += ["--approval", self.approve(order, custodian)]
        return options

    def do(self, *words):
        code, answer = self.key(*words, *self.approved(*words))
        expect(" ".join(map(str, words)), code, "")
        return answer

    def states(self, *words):
        return {key["key"]: key["state"] for key in self.key("list", *words)[1]["keys"]}

    def certify(self, label):
        home = self.home
        self.do("request", label, "--cn", "Test Agency", "--country", "LV", "-o", home / f"{label}.csr")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                home / "ca.key", "-out", home / "ca.pem", "-subj", "/CN=Test CA")
        openssl("x509", "-req", "-inform", "DER", "-in", home / f"{label}.csr", "-CA", home / "ca.pem",
                "-CAkey", home / "ca.key", "-CAcreateserial", "-out", home / f"{label}.pem")
        self.do("import", label, home / f"{label}.pem", home / "ca.pem")


with tempfile.TemporaryDirectory() as folder:
    ceremony = Ceremony(pathlib.Path(folder))
    home = ceremony.home
    create = ("create", "seal-1", "--kind", "seal-p256")

    # Who tries to do without.
    expect("nobody approved", ceremony.key(*create)[0], "ceremony.too-few")
    expect("one approved", ceremony.key(*create, *ceremony.approved(*create, by=("alice",)))[0], "ceremony.too-few")
    expect("one approved twice", ceremony.key(*create, *ceremony.approved(*create, by=("alice", "alice")))[0],
           "ceremony.too-few")
    expect("a stranger approved", ceremony.key(*create, *ceremony.approved(*create, by=("alice", "mallory")))[0],
           "ceremony.not-custodian")
    approved = ceremony.approved(*create)
    expect("another label", ceremony.key("create", "seal-2", "--kind", "seal-p256", *approved)[0],
           "ceremony.other-order")
    expect("another token", ceremony.key(*create, "--token", "second", *approved)[0], "ceremony.other-order")
    expect("no such kind", ceremony.key("create", "seal-1", "--kind", "des")[0], "key.unknown-kind")
    expect("nothing was made", ceremony.states(), {})

    # A key's life.
    expect("the order itself", ceremony.key(*create, *approved)[0], "")
    expect("the order again", ceremony.key(*create, *approved)[0], "ceremony.used")
    expect("made", ceremony.states(), {"seal-1": "uncertified"})
    ceremony.certify("seal-1")
    ceremony.do("rotate", "seal-1", "seal-2")
    early = ("retire", "seal-1", "--successor", "seal-2")
    expect("retired too early", ceremony.key(*early, *ceremony.approved(*early))[0], "key.without-certificate")
    ceremony.certify("seal-2")
    expect("destroyed in use", ceremony.key("destroy", "seal-1", *ceremony.approved("destroy", "seal-1"))[0],
           "key.not-retired")
    ceremony.do(*early)
    expect("rotated", ceremony.states(), {"seal-1": "retired", "seal-2": "active"})
    ceremony.do("destroy", "seal-1")
    expect("destroyed", ceremony.states(), {"seal-2": "active"})

    # The vault's keys, in two tokens.
    usb = [home / "usb" / f"share-{number}" for number in (1, 2, 3)]
    share = ("share", *usb, "--needed", "2")
    ceremony.do(*share)
    expect("the vault's keys", sorted(ceremony.states()), ["seal-2", "vault-checkpoint", "vault-mac", "vault-root"])
    expect("private files", {oct(file.stat().st_mode & 0o777) for file in usb}, {"0o600"})
    texts = [file.read_text() for file in usb]
    expect("a share over a share", ceremony.key(*share, *ceremony.approved(*share))[0], "share.exists")
    expect("shares as they were", [file.read_text() for file in usb], texts)
    few = ("transfer", usb[0], "--token", "second")
    expect("too few shares", ceremony.key(*few, *ceremony.approved(*few))[0], "share.too-few")
    (home / "usb" / "typed").write_text(texts[1].replace(":2:2:", ":2:3:"))
    expect("a typing error", ceremony.key("transfer", usb[0], home / "usb" / "typed", "--token", "second")[0], "share.malformed")
    expect("nothing in the second token", ceremony.states("--token", "second"), {})
    ceremony.do("transfer", usb[2], usb[0], "--token", "second")
    lists = [ceremony.key("list", *words)[1]["keys"] for words in ([], ["--token", "second"])]
    expect("keys of one seed", *[next(key["fingerprint"] for key in keys if key["key"] == "vault-checkpoint")
                                 for keys in lists])
    expect("the second token", sorted(ceremony.states("--token", "second")), ["vault-checkpoint", "vault-mac", "vault-root"])

    # What stays.
    log = (home / "data" / "ceremony-log").read_text()
    acts = [json.loads(line) for line in log.splitlines()]
    expect("acts that were done", sum(line["log"] == "done" for line in acts), 10)
    values = [text.split(":")[4] for text in texts]
    for file in [path for path in home.rglob("*") if path.is_file() and path.parent.name != "usb"]:
        content = file.read_bytes()
        for value in values:
            if value.encode() in content or bytes.fromhex(value) in content:
                failures.append(f"a share is in {file}")
    (home / "data" / "ceremony-log").write_text(log.replace("seal-1", "seal-7", 1))
    expect("a changed log", ceremony.key(*create, *ceremony.approved(*create))[0], "ceremony.log-damaged")

print("\n".join(failures) or "a key ceremony, its custodians and its attackers")
sys.exit(bool(failures))
