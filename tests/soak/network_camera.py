"""A network camera on this machine that does as it is told."""

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Connection = Callable[[], Iterable[bytes]]
"""What is sent to one who calls, until the connection is closed."""

MULTIPART = "multipart/x-mixed-replace; boundary=frame"


class NetworkCamera:
    """Answers its first caller by the first connection, its second by the second; later ones by an error.

    Attributes:
        url: of the stream, with a user, a password and a token.
        calls: how often it was called.
        released: set when the test is over, to be waited for by a connection that stalls.
    """

    def __init__(self, *connections: Connection, kind: str = MULTIPART, length: int | None = None) -> None:
        self.calls, self.released = 0, threading.Event()
        camera = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.calls += 1
                if camera.calls > len(connections):
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", kind)
                if length:
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    for part in connections[camera.calls - 1]():
                        self.wfile.write(part)

            def log_message(self, *_: object) -> None:
                """No chatter."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://me:secret@127.0.0.1:{self._server.server_port}/gate.mjpg?token=hidden"

    def __enter__(self) -> "NetworkCamera":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @staticmethod
    def parts(images: Iterable[NDArray[np.uint8]]) -> Iterator[bytes]:
        """Images as parts of an MJPEG stream."""
        for image in images:
            data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
            yield b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(data), data)
