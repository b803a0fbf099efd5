# SPDX-License-Identifier: MIT
"""A broker of exact bytes: the test itself accepts, reads packets and answers with what it likes. No threads.

MQTT 5 (OASIS 2019) and 3.1.1; the numbers are packet types, 2.1.2.
"""
import os, select, socket, ssl, struct, subprocess, time

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 14


def varint(n):
    out = b""
    while True:
        n, low = n >> 7, n & 127
        out += bytes([low | (128 if n else 0)])
        if not n:
            return out


def packet(kind, body, flags=0):
    return bytes([kind << 4 | flags]) + varint(len(body)) + body


def text(words):
    words = words.encode()
    return struct.pack(">H", len(words)) + words


def publish(topic, payload, packet_id=0, version=5, properties=b""):
    body = text(topic) + (struct.pack(">H", packet_id) if packet_id else b"")
    body += varint(len(properties)) + properties if version == 5 else b""
    return packet(PUBLISH, body + payload, 2 if packet_id else 0)


def puback(packet_id, code=0, version=5):
    return packet(PUBACK, struct.pack(">H", packet_id) + (bytes([code]) if version == 5 else b""))


def connack(code=0, properties=b"", version=5):
    return packet(CONNACK, bytes([0, code]) + (varint(len(properties)) + properties if version == 5 else b""))


class Packet:
    def __init__(self, first, body, version):
        self.kind, self.flags, self.body = first >> 4, first & 15, body
        if self.kind == CONNECT:
            self.version, self.connect_flags = body[6], body[7]
            self.keepalive = struct.unpack(">H", body[8:10])[0]
        elif self.kind == PUBLISH:
            end = 2 + struct.unpack(">H", body[:2])[0]
            self.topic = body[2:end].decode()
            self.id = struct.unpack(">H", body[end:end + 2])[0] if self.flags & 6 else 0
            at = end + 2 if self.flags & 6 else end
            self.properties = body[at + 1:at + 1 + body[at]] if version == 5 else b""
            self.payload = body[at + (1 + body[at] if version == 5 else 0):]
        elif self.kind == SUBSCRIBE:
            self.id = struct.unpack(">H", body[:2])[0]


class Connection:
    def __init__(self, sock):
        self.sock, self.version = sock, 5
        sock.settimeout(5)

    def send(self, *packets):
        self.sock.sendall(b"".join(packets))

    def _exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError("closed by the client")
            data += more
        return data

    def read(self, kind=None):
        """The next packet, which has to be of that kind. EOFError: the client closed."""
        first, n, shift = self._exactly(1)[0], 0, 0
        while True:
            byte = self._exactly(1)[0]
            n |= (byte & 127) << shift
            shift += 7
            if not byte & 128:
                break
        found = Packet(first, self._exactly(n), self.version)
        if found.kind == CONNECT:
            self.version = found.version
        assert kind in (None, found.kind), "packet %d came, not %d" % (found.kind, kind)
        return found

    def greet(self, properties=b""):
        """Reads CONNECT, answers that all is well, and returns what was read."""
        found = self.read(CONNECT)
        self.send(connack(0, properties, self.version))
        return found

    def is_silent(self, seconds=0.2):
        """Nothing comes for a while."""
        pending = getattr(self.sock, "pending", lambda: 0)()
        return not pending and not select.select([self.sock], [], [], seconds)[0]

    def wait_closed(self, say_no_more=False):
        """Reads until the client has closed; say_no_more: our end of the connection closes first."""
        try:
            if say_no_more:
                self.sock.shutdown(socket.SHUT_WR)
            while True:
                self.read()
        except (EOFError, OSError) as e:
            assert not isinstance(e, TimeoutError), "the client does not close"
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        """RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class FakeBroker:
    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.open = []

    def accept(self, timeout=10, tls=None):
        """tls: an ssl.SSLContext; the handshake is done here."""
        self.server.settimeout(timeout)
        sock = self.server.accept()[0]
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            sock.settimeout(5)
            sock = tls.wrap_socket(sock, server_side=True)
        self.open.append(Connection(sock))
        return self.open[-1]

    def close(self):
        for connection in self.open:
            connection.close()
        self.server.close()


class Certificates:
    """A CA and a certificate for 127.0.0.1, valid for a day."""

    def __init__(self, folder):
        self.ca, self.cert, self.key = (os.path.join(folder, name) for name in ("ca.pem", "cert.pem", "key.pem"))
        ca_key, request, names = (os.path.join(folder, name) for name in ("ca.key", "request.pem", "names"))
        with open(names, "w") as f:
            f.write("subjectAltName=IP:127.0.0.1\n")
        new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self._openssl(*new, "-x509", "-days", "1", "-subj", "/CN=test ca", "-keyout", ca_key, "-out", self.ca)
        self._openssl(*new, "-subj", "/CN=127.0.0.1", "-keyout", self.key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "1",
                      "-extfile", names, "-out", self.cert)

    @staticmethod
    def _openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def elapsed(since):
    return time.monotonic() - since
