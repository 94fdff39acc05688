"""What stands at the far end of a job in a test? Services on this machine that answer, refuse, hang or drip."""

import json
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tools.sim.gateway_process import free_port
from waits import until


@contextmanager
def phone(status=200, context=None):
    """Give (host:port, what it was sent as (path, headers, JSON)): a service that takes POSTs."""
    heard = []

    class Phone(BaseHTTPRequestHandler):
        def do_POST(self):
            text = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, dict(self.headers), json.loads(text)))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Phone)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # who does not believe it hangs up
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def hanging(drips=False):
    """Give (port, connections): takes every call and never ends its answer; drips: a line of it now and then."""
    door, calls = socket.create_server(("127.0.0.1", 0), backlog=200), []
    over = threading.Event()

    def drip(call):
        try:
            call.recv(65536)
            call.send(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.05):
                call.send(b"X: y\r\n")
        except OSError:
            call.close()

    def work():
        while True:
            try:
                call, _ = door.accept()
            except OSError:
                return
            calls.append(call)
            if drips:
                threading.Thread(target=drip, args=(call,), daemon=True).start()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield door.getsockname()[1], calls
    finally:
        over.set()
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join()
        for call in calls:
            call.close()


class Mosquitto:
    """A broker of the trade on this machine, in `folder`. users: {name: password}; tls: (certificate, key)."""

    def __init__(self, folder, users=None, tls=None):
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if program is None:
            pytest.skip("no mosquitto on this machine: apt-get install mosquitto")
        self.port, self._folder = free_port(), folder
        lines = [f"listener {self.port} 127.0.0.1", f"allow_anonymous {'false' if users else 'true'}",
                 "persistence true", f"persistence_location {folder}/", "user root"]
        if users:
            (folder / "users").touch()
            for name, word in users.items():
                words = ["mosquitto_passwd", "-b", str(folder / "users"), name, word]
                subprocess.run(words, check=True, capture_output=True)
            lines.append(f"password_file {folder}/users")
        if tls:
            lines += [f"certfile {tls[0]}", f"keyfile {tls[1]}"]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        self._words = [program, "-c", str(folder / "mosquitto.conf")]
        self._process = None

    def __enter__(self):
        self._process = subprocess.Popen(self._words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers)
        return self

    def _answers(self):
        with socket.socket() as call:
            return call.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


def certificate(folder, name="127.0.0.1"):
    """Make a self-signed certificate for an address; return the paths of (certificate, key)."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), False)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))
    return pem, key_pem
