"""A home agent and a mobile node back to back, in two instances of the component, and a packet through their tunnel.

    pip install -r requirements.txt
    python back_to_back.py [path of mext.component.wasm]

There is no network and no waiting: time is a number, entropy is given, packets are handed over.
"""

import os
import sys
from ipaddress import IPv6Address
from pathlib import Path

from mext import Codec, Mext, Node, record

HERE = Path(__file__).resolve().parent
COMPONENT = sys.argv[1] if len(sys.argv) > 1 else HERE / "../../../../dist/component/mext.component.wasm"

HOME_AGENT = IPv6Address("2001:db8:100::1")
HOME_ADDRESS = IPv6Address("2001:db8:100::17")
CORRESPONDENT = IPv6Address("2001:db8:200::5")
TUNNEL, ACCESS = 0, 1
UNIX_MS = 1_900_000_000_000.0

SHARED_KEY = record(
    identity="car17@example.org", spi=300, key=os.urandom(32), replay_protection="timestamp",
)


class Pair:
    """Both nodes, and what lies between them: whatever one transmits on its link, the other receives."""

    def __init__(self):
        mext = Mext(COMPONENT)
        self.now = 1000.0
        self.codec = Codec(mext)
        self.agent = Node(mext, "home-agent", self.now, os.urandom(64))
        self.mobile = Node(mext, "mobile-node", self.now, os.urandom(64))
        self.delivered = []
        for node in self.agent, self.mobile:
            self.command(node, "set-wall-clock", UNIX_MS)
            self.command(node, "set-device", self.device(TUNNEL, "tunnel", 1460, True))
            self.command(node, "set-device", self.device(ACCESS, "access", 1500, node is self.agent))

    @staticmethod
    def device(index, kind, mtu, up):
        return record(index=index, kind=kind, mtu=mtu, up=up, preference=None, interface_id=None, link_address=None)

    def command(self, node, case, content=None):
        self.carry_out(node, node.command(self.now, case, content))

    def receive(self, node, device, packet):
        self.carry_out(node, node.receive(self.now, device, packet))

    def carry_out(self, node, orders):
        """Transmits what is for the other node, keeps what came out of the tunnel; addresses and routes are nobody's."""
        for order in orders:
            if order.tag != "transmit":
                continue
            packet = bytes(order.payload.packet)
            if order.payload.device == TUNNEL:
                self.delivered.append((node, packet))
            elif IPv6Address(packet[24:40]).is_multicast:
                continue  # for a router that is not there
            else:
                other = self.mobile if node is self.agent else self.agent
                self.receive(other, ACCESS, packet)

    def take(self, node, destination):
        """The one packet for an address that came out of a node's tunnel."""
        (packet,) = [packet for at, packet in self.delivered if at is node and packet[24:40] == destination.packed]
        self.delivered.clear()
        return packet

    def pass_time(self, milliseconds):
        """Lets every timer run at its moment."""
        until = self.now + milliseconds
        while True:
            wakeups = [(at, node) for node in (self.agent, self.mobile) if (at := node.call("next-wakeup-ms")) is not None]
            due = min(wakeups, key=lambda each: each[0], default=(until + 1, None))
            if due[0] > until:
                break
            self.now = max(self.now, due[0])
            self.carry_out(due[1], due[1].call("tick", self.now))
        self.now = until


def main():
    pair = Pair()
    pair.command(pair.agent, "set-home-agent", record(
        address=HOME_AGENT.packed, max_lifetime_ms=3_600_000.0, refresh_advice_ms=0.0, replay_window_ms=7000.0,
        home_prefixes=[record(
            address=IPv6Address("2001:db8:100::").packed, length=64, on_link=True, autonomous=True,
            router_address=False, valid_ms=None, preferred_ms=None,
        )],
    ))
    pair.command(pair.agent, "add-node", record(
        id=17, home_addresses=[HOME_ADDRESS.packed], security=SHARED_KEY, max_lifetime_ms=0.0,
    ))
    pair.command(pair.mobile, "set-mobile-node", record(
        home_address=HOME_ADDRESS.packed, home_agent=HOME_AGENT.packed, home_prefix_length=64, lifetime_ms=600_000.0,
        first_registration_timeout_ms=1500.0, binding_ack_timeout_ms=1000.0, max_binding_ack_timeout_ms=32_000.0,
        hold_down_ms=2000.0, optimistic=True, security=SHARED_KEY,
    ))

    # The mobile node enters a visited network: its link comes up, and a router advertises a prefix there.
    pair.command(pair.mobile, "set-link", record(device=ACCESS, up=True))
    pair.receive(pair.mobile, ACCESS, pair.codec.encode(
        ("ipv6", {"source": IPv6Address("fe80::1"), "destination": IPv6Address("ff02::1"), "hopLimit": 255}),
        ("router-advertisement", {"hopLimit": 64, "routerLifetime": 1800}),
        (1, "prefix-information", {
            "prefix": IPv6Address("2001:db8:a::"), "prefixLength": 64, "onLink": True, "autonomous": True,
            "validLifetime": 3600, "preferredLifetime": 1800,
        }),
    ))
    pair.pass_time(3000)

    (update,) = pair.mobile.call("updates")
    (binding,) = pair.agent.call("bindings")
    careof = IPv6Address(bytes(getattr(binding, "careof-address")))
    print(f"registered: {update.state}, {HOME_ADDRESS} is at {careof}")
    assert update.state == "registered" and binding.node == 17

    # A correspondent's packet comes to the home agent, and through the tunnel to the mobile node.
    packet = pair.codec.encode(
        ("ipv6", {"source": CORRESPONDENT, "destination": HOME_ADDRESS, "hopLimit": 63}),
        ("echo-request", {"identifier": 7, "sequence": 1}),
        ("payload", {"data": b"hello, car"}),
    )
    pair.receive(pair.agent, TUNNEL, packet)
    arrived = pair.take(pair.mobile, HOME_ADDRESS)
    layers = pair.codec.dissect(arrived)
    print("delivered to the mobile node:", ", ".join(layer.name for layer in layers))
    (data,) = layers[-1].fields
    assert data.value.payload == b"hello, car"

    # Its answer goes the same way back.
    pair.receive(pair.mobile, TUNNEL, pair.codec.encode(
        ("ipv6", {"source": HOME_ADDRESS, "destination": CORRESPONDENT, "hopLimit": 64}),
        ("echo-reply", {"identifier": 7, "sequence": 1}),
        ("payload", {"data": b"hello, car"}),
    ))
    pair.take(pair.agent, CORRESPONDENT)
    (binding,) = pair.agent.call("bindings")
    traffic = binding.traffic
    print(f"through the tunnel: {getattr(traffic, 'packets-in')} in, {getattr(traffic, 'packets-out')} out")
    print("refused:", [(each.reason, each.packets) for each in pair.agent.call("refusals")])


if __name__ == "__main__":
    main()
