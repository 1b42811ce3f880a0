"""A development appliance in a folder of its own, for tests that use the real programs."""
import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time


class Run:
    """One command's end: exit code, what it printed, and its JSON."""

    def __init__(self, process):
        self.exit = process.returncode
        self.out = process.stdout
        self.err = process.stderr.decode(errors="replace")

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def code(self):
        """The stable code of a failure."""
        return self.json["error"]["code"]


class Appliance:
    def __init__(self, bin_dir, data_on=None):
        self.bin = pathlib.Path(bin_dir).resolve()
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="edocvault-flow-"))
        self.home = self.work / "home"
        self.server = None
        made = self.run("init", "--dev")
        assert made.exit == 0, made.err + made.out.decode()
        if data_on is not None:
            shutil.copytree(self.home / "data", data_on, dirs_exist_ok=True)
            shutil.rmtree(self.home / "data")
            (self.home / "data").symlink_to(data_on)

    def run(self, *words, timeout=60):
        command = [str(self.bin / "edocvault"), *map(str, words), "--json"]
        if "--home" not in words:
            command += ["--home", str(self.home)]
        return Run(subprocess.run(command, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL))

    def serve(self):
        """Starts the service; returns its ready line, or the error."""
        self.server = subprocess.Popen([str(self.bin / "edocvault"), "serve", "--home", str(self.home)],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        line = self.server.stdout.readline().decode()
        if not line.startswith("ready"):
            error = self.server.stderr.read().decode()
            self.stop()
            return error
        return line

    def stop(self):
        if self.server is not None:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(timeout=30)
            self.server.stdout.close()
            self.server.stderr.close()
            self.server = None

    def curl(self, path, *options, profile="agency"):
        """The status and body of a raw call to the API."""
        url = re.search(r'server = "([^"]+)"', (self.home / "client.toml").read_text())[1] + path
        command = ["curl", "-s", "-w", "\n%{http_code}", "--cacert", self.home / "tls/ca.pem",
                   "--cert", self.home / f"client/{profile}.pem", "--key", self.home / f"client/{profile}.key",
                   *options, url]
        body, _, status = subprocess.run(command, capture_output=True).stdout.decode().rpartition("\n")
        return int(status), body

    def trust(self):
        """What GET /v1/trust says."""
        status, body = self.curl("/v1/trust")
        assert status == 200, body
        return json.loads(body)

    def switch(self, **modes):
        """Has the emulator do something else from now on."""
        port = re.search(r"emulator_port = (\d+)", (self.home / "client.toml").read_text())[1]
        subprocess.run(["curl", "-s", "-f", "-H", "Content-Type: application/json", "-d", json.dumps(modes),
                        f"http://127.0.0.1:{port}/switch"], check=True)

    @staticmethod
    def until(condition):
        """Bounded: the service looks at its store each second."""
        for _ in range(100):
            if condition():
                return
            time.sleep(0.1)
        raise AssertionError("it never came to that")

    def role(self, name):
        """Process id of a role, found below our own server only."""
        for pid in descendants(self.server.pid):
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"--role" in words and words[words.index(b"--role") + 1] == name.encode():
                return pid
        return None

    def write(self, name, content):
        path = self.work / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def log(self):
        return (self.home / "edocvaultd.log").read_text()

    def remove(self):
        self.stop()
        shutil.rmtree(self.work, ignore_errors=True)


def descendants(pid):
    found = []
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found.append(int(child))
        found += descendants(int(child))
    return found
