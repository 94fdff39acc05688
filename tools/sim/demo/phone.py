"""What would have reached a phone? A listener on this machine, where the house's plan sends its notifications."""

import http.server
import json
import threading
from collections.abc import Callable

_BODY_BYTES_MAX = 10_000


class Phone:
    """Listens on loopback; on_text(text) is called for each notification that arrives. address: in Apprise's form."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        class Door(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), _BODY_BYTES_MAX))
                self.send_response(200)
                self.end_headers()
                on_text(json.loads(body)["message"])

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.address = f"json://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, name="phone", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
