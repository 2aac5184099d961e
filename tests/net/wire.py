"""What the gateway really sent: every packet that arrives on the Internet."""

import ipaddress
import socket
import struct
import threading
import time
from collections import namedtuple

import dnsask

ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
Packet = namedtuple("Packet", "time source target protocol port payload")
UDP, TCP = 17, 6


def _transport(protocol, data):
    if protocol == UDP and len(data) >= 8:
        return struct.unpack_from("!H", data, 2)[0], data[8:]
    if protocol == TCP and len(data) >= 20:
        return struct.unpack_from("!H", data, 2)[0], data[(data[12] >> 4) * 4 :]
    return 0, b""


def _parse(now, frame):
    kind = struct.unpack_from("!H", frame, 12)[0]
    data = frame[14:]
    if kind == 0x0800 and len(data) >= 20:
        header = (data[0] & 15) * 4
        protocol = data[9]
        source, target = data[12:16], data[16:20]
        data = data[header : struct.unpack_from("!H", data, 2)[0]]
    elif kind == 0x86DD and len(data) >= 40:
        protocol = data[6]
        source, target, data = data[8:24], data[24:40], data[40:]
    else:
        return None
    port, payload = _transport(protocol, data)
    source, target = ipaddress.ip_address(source), ipaddress.ip_address(target)
    return Packet(now, str(source), str(target), protocol, port, payload)


class Wire:
    """A thread that reads one link; only what came from the gateway is kept."""

    def __init__(self, lab, interface="isp0"):
        self.packets = []
        with lab.inet():
            self.socket = socket.socket(
                socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)
            )
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        except PermissionError:
            pass
        self.socket.bind((interface, 0))
        self.socket.settimeout(0.2)
        self.closing = False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while not self.closing:
            try:
                frame, where = self.socket.recvfrom(65535)
            except TimeoutError:
                continue
            except OSError:
                return
            if where[2] == socket.PACKET_OUTGOING:
                continue
            packet = _parse(time.monotonic(), frame)
            if packet:
                self.packets.append(packet)

    def dns(self, since=0.0):
        """(packet, DNS message) of everything sent to port 53."""
        out = []
        for p in list(self.packets):
            if p.port != 53 or p.time < since:
                continue
            message = p.payload[2:] if p.protocol == TCP else p.payload
            if len(message) >= 12:
                out.append((p, message))
        return out

    def updates(self, since=0.0):
        """DNS UPDATE requests: (packet, zone)."""
        out = []
        for p, message in self.dns(since):
            if (message[2] >> 3) & 15 == dnsask.UPDATE and not message[2] & 0x80:
                out.append((p, dnsask.unpack_name(message, 12)[0]))
        return out

    def close(self):
        self.closing = True
        self.thread.join()
        self.socket.close()
