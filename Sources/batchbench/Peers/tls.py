"""Serves one file over HTTPS on 127.0.0.1, and drops what is sent: the same for the daemon's client and for curl.

tls.py FILE CERTIFICATE KEY ANNOUNCEMENT: the port is written to the file ANNOUNCEMENT.
"""

import os
import socket
import ssl
import sys


def serve(peer, path):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = peer.recv(1 << 16)
        if not piece:
            return
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    if head.startswith(b"GET"):
        size = os.path.getsize(path)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % size)
        with open(path, "rb") as file:
            while piece := file.read(1 << 18):
                peer.sendall(piece)
        return
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if b"expect" in headers:
        peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    left = int(headers[b"content-length"]) - len(body)
    buffer = bytearray(1 << 18)
    while left > 0:
        count = peer.recv_into(buffer)
        if not count:
            return
        left -= count
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def main(path, certificate, key, announcement):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    with open(announcement + ".partial", "w") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(announcement + ".partial", announcement)
    while True:
        peer, _ = listener.accept()
        try:
            with context.wrap_socket(peer, server_side=True) as peer:
                serve(peer, path)
        except OSError as error:
            print(error, file=sys.stderr)


main(*sys.argv[1:])
