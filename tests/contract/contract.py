"""The document app/openapi.yaml at work: packages of Node that read it, each in a process of its own."""

import hashlib
import json
import os
import shutil
import subprocess

from server import is_open
from stok import PORT, ROOT, VAR, request, until
from tap import Skip

DOCUMENT = os.path.join(ROOT, "app", "openapi.yaml")
SOURCES = os.path.join(ROOT, "tests", "contract")
HOME = os.path.join(VAR, "contract")
PRISM_PORT = PORT + 6
NODE_MIN = (18, 20)


def program(name):
    """The path of a program, or a reason to skip."""
    path = shutil.which(name)
    if path is None:
        raise Skip(f"there is no {name}")
    return path


def check_node():
    done = subprocess.run([program("node"), "--version"], capture_output=True, text=True, check=True)
    version = done.stdout.strip()
    if tuple(int(part) for part in version.lstrip("v").split(".")[:2]) < NODE_MIN:
        raise Skip(f"wants Node {NODE_MIN[0]}.{NODE_MIN[1]}, here is {version}")


def install():
    """npm ci, if the list of packages has changed since. A reason to skip where it cannot be."""
    check_node()
    os.makedirs(HOME, exist_ok=True)
    for name in os.listdir(SOURCES):
        if os.path.isfile(os.path.join(SOURCES, name)):
            shutil.copy(os.path.join(SOURCES, name), HOME)
    with open(os.path.join(HOME, "package-lock.json"), "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    stamp = os.path.join(HOME, "installed")
    if os.path.exists(stamp) and open(stamp, encoding="ascii").read() == wanted:
        return
    command = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, timeout=540)
    if done.returncode != 0:
        raise Skip(f"npm ci failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    with open(stamp, "w", encoding="ascii") as file:
        file.write(wanted)


def tool(name):
    """A program of the packages."""
    return os.path.join(HOME, "node_modules", ".bin", name)


def lint():
    """What @redocly/cli has to say: its exit status and its words."""
    done = subprocess.run(
        [tool("redocly"), "lint", "--config", os.path.join(HOME, "redocly.yaml"), DOCUMENT],
        capture_output=True, text=True, timeout=120, cwd=HOME,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
    )
    return done.returncode, done.stdout + done.stderr


class Judge:
    """validate.mjs, which is asked a question a line."""

    def __init__(self):
        self.node = subprocess.Popen(
            [program("node"), os.path.join(HOME, "validate.mjs"), DOCUMENT],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.operations = {entry["operation"]: entry for entry in self.ask({})}

    def ask(self, question):
        self.node.stdin.write(json.dumps(question) + "\n")
        self.node.stdin.flush()
        line = self.node.stdout.readline()
        assert line, f"validate.mjs ended at {question}"
        return json.loads(line)

    def request(self, operation, body):
        """What is wrong with a request's body."""
        return self.ask({"operation": operation, "request": body})["errors"]

    def answer(self, operation, answer, body=None):
        """What is wrong with an answer, or with its body were it `body`."""
        return self.ask({
            "operation": operation, "status": answer.status, "headers": answer.headers,
            "body": answer_body(answer) if body is None else body,
        })["errors"]

    def response(self, name, answer):
        """What is wrong with an answer that no operation gives."""
        return self.ask({"response": name, "headers": answer.headers, "body": answer.body})["errors"]

    def close(self):
        self.node.stdin.close()
        self.node.wait(timeout=10)


def answer_body(answer):
    """JSON as it was parsed, other types as text."""
    return answer.text if answer.body is None else answer.body


class Prism:
    """The proxy that judges what goes through it: its violations are answered with 500."""

    def __init__(self):
        with open(os.path.join(HOME, "prism.log"), "wb") as log:
            self.proxy = subprocess.Popen(
                [tool("prism"), "proxy", DOCUMENT, f"http://127.0.0.1:{PORT}", "--errors",
                 "--host", "127.0.0.1", "--port", str(PRISM_PORT)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        until(lambda: is_open(PRISM_PORT), "prism listens", 60)

    @staticmethod
    def request(method, path, body, headers):
        answer = request(method, path, body, headers, port=PRISM_PORT)
        assert "stoplight.io/prism" not in answer.text, answer.text
        found = [fault for fault in json.loads(answer.headers.get("sl-violations", "[]"))
                 if fault.get("severity") == "Error"]
        assert found == [], found
        return answer

    def close(self):
        self.proxy.terminate()
        self.proxy.wait(timeout=20)
