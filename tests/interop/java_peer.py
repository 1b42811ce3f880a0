"""Peers written in Java: the jars that Maven serves, our small programs that ask them, their answers."""
import json
import pathlib
import re
import shutil
import subprocess

SOURCES = pathlib.Path(__file__).resolve().parent / "java"
PROGRAMS = {"dss": "DssPeer", "digidoc4j": "Digidoc4jPeer"}
JARS = {"dss": "dss-asic-xades", "digidoc4j": "digidoc4j"}  # Whose version names the peer.
SHARED = ["Answer.java", "Job.java", "Questions.java", "Trust.java"]
RESTARTS = 20  # A question that takes too long ends the program; it is started again behind that question.


class JavaPeer:
    """`absent` says why it cannot be asked, or is None."""

    def __init__(self, name, folder):
        self.name = name
        self.version = ""
        self.classpath = ""
        self.absent = self._prepare(folder)

    def ask(self, jobs):
        """Answers by job id. A job is a dict: id, file, at, data, trust."""
        answers, left = {}, list(jobs)
        for _ in range(RESTARTS):
            if not left:
                break
            lines = "".join("\t".join(map(str, [j["id"], j["file"], j["at"] or "-", j["data"] or "-", *j["trust"]])) + "\n"
                            for j in left)
            run = subprocess.run(["java", "-Xmx2g", "-cp", self.classpath, PROGRAMS[self.name]], input=lines,
                                 capture_output=True, text=True)
            new = [json.loads(line) for line in run.stdout.splitlines() if line.startswith('{"job"')]
            answers.update((a["job"], a) for a in new)
            left = [j for j in left if j["id"] not in answers]
            if not new:
                break
        return answers

    def _prepare(self, folder):
        for tool in ("java", "javac", "mvn"):
            if shutil.which(tool) is None:
                return f"no {tool} here"
        folder = folder / self.name
        folder.mkdir(parents=True, exist_ok=True)
        paths = self._jars(folder)
        if not paths:
            return "Maven does not serve it here"
        self.version = re.search(JARS[self.name] + r"-(\d[\w.]*)\.jar", paths)[1]
        built = subprocess.run(["javac", "-nowarn", "-cp", paths, "-d", folder / "classes",
                                *[SOURCES / name for name in [*SHARED, PROGRAMS[self.name] + ".java"]]],
                               capture_output=True, text=True)
        self.classpath = f"{paths}:{folder / 'classes'}"
        return None if built.returncode == 0 else "our program does not compile with it: " + built.stderr[-300:]

    def _jars(self, folder):
        """The class path; Maven is asked once for each edition of the list of jars."""
        wanted = (SOURCES / f"{self.name}.xml").read_text()
        listed, kept = folder / "classpath.txt", folder / "asked.xml"
        if kept.exists() and kept.read_text() == wanted:
            paths = listed.read_text().strip()
            if all(pathlib.Path(path).exists() for path in paths.split(":")):
                return paths
        run = subprocess.run(["mvn", "-B", "-q", "-f", SOURCES / f"{self.name}.xml", "dependency:build-classpath",
                              f"-Dmdep.outputFile={listed}"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if run.returncode != 0 or not listed.exists():
            return ""
        kept.write_text(wanted)
        return listed.read_text().strip()
