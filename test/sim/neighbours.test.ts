import { describe, expect, it } from "vitest";
import { parseAddress } from "../../bindings/address.ts";
import { Host } from "../../platforms/sim/host.ts";
import { destinationOf, UNSPECIFIED } from "../../platforms/sim/ip.ts";
import { Network } from "../../platforms/sim/network.ts";
import { Ping } from "../../platforms/sim/ping.ts";
import { Router } from "../../platforms/sim/router.ts";
import { Stack } from "../../platforms/sim/stack.ts";
import { core } from "./core.ts";

const HOME = parseAddress("2001:db8:1::a");

/** A router, a host and a proxy that has no address but its own on one link; `HOME` belongs to nobody. */
function link() {
  const network = new Network({ seed: 1, core });
  const home = network.link("home");
  const router = new Router(network, "router");
  router.connect(home, "2001:db8:1::1");
  const host = new Host(network, "host", home, "2001:db8:1::b", "2001:db8:1::1");
  const proxy = new Stack(network, "proxy");
  const port = proxy.addPort("home");
  proxy.addAddress(port, parseAddress("fe80::99"), 64);
  port.attach(home);
  const heard: Uint8Array[] = [];
  proxy.receive = (_, packet) => heard.push(packet);
  const heardOf = (kind: string) => heard.filter((packet) => network.packets.read(packet).kind === kind);
  const solicitations = () => heardOf("neighbour-solicitation");
  const data = () => heardOf("echo-request");
  /** The proxy says that it has `HOME`, to one that asked or (unspecified) to all. */
  const advertise = (to: Uint8Array, override = true) => {
    const source = parseAddress("fe80::99");
    const advertisement = network.packets.neighbourAdvertisement(source, to, HOME, port.linkAddress);
    if (!override) {
      advertisement[44] &= ~0x20;
      fixChecksum(advertisement);
    }
    port.send(advertisement, destinationOf(advertisement));
  };
  return { network, home, host, proxy, port, heard, solicitations, data, advertise };
}

/** One bit of a 16-bit word was cleared: the sum is larger by as much (RFC 1624). */
function fixChecksum(packet: Uint8Array): void {
  const sum = ((packet[42] << 8) | packet[43]) + 0x2000;
  const folded = (sum & 0xffff) + (sum >> 16);
  packet[42] = folded >> 8;
  packet[43] = folded & 0xff;
}

const echo = ({ network, host }: ReturnType<typeof link>, sequence = 0) =>
  host.send(network.packets.echo("echo-request", host.address, HOME, 1, sequence, new Uint8Array(8)));

describe("an address that nobody has", () => {
  it("is asked for three times, a second apart", () => {
    const scene = link();
    const times: number[] = [];
    scene.proxy.receive = () => times.push(scene.network.nowMs);
    echo(scene);
    scene.network.run(10_000);
    expect(times).toEqual([1, 1001, 2001]);
    expect(scene.network.drops.get("nobody has the address")).toBe(1);
  });

  it("gets what has waited for it, in order, once somebody advertises it", () => {
    const scene = link();
    echo(scene, 0);
    scene.network.run(1500);
    echo(scene, 1);
    expect(scene.data()).toEqual([]);
    scene.advertise(scene.host.address);
    scene.network.run(100);
    const sequences = scene.data().map((packet) => packet[47]);
    expect(sequences).toEqual([0, 1]);
    expect(scene.solicitations().length).toBe(2);
    echo(scene, 2);
    scene.network.run(100);
    expect(scene.data().length).toBe(3);
  });

  it("keeps the newest packets when many wait", () => {
    const scene = link();
    for (let sequence = 0; sequence < 20; sequence++) echo(scene, sequence);
    scene.advertise(scene.host.address);
    scene.network.run(100);
    const newest = Array.from({ length: 16 }, (_, index) => 4 + index);
    expect(scene.data().map((packet) => packet[47])).toEqual(newest);
    expect(scene.network.drops.get("nobody has the address")).toBe(4);
  });
});

describe("an address that somebody else claims", () => {
  it("is the claimant's, also while its owner is there; then the owner takes it back", () => {
    const scene = link();
    const { network, home, host } = scene;
    const owner = new Host(network, "owner", home, "2001:db8:1::a", "2001:db8:1::1");
    const ping = new Ping(host, { from: host.address, to: HOME, everyMs: 100 });
    network.run(950);
    expect(ping.lost).toBe(0);
    scene.advertise(UNSPECIFIED);
    network.run(1000);
    expect(ping.lostBetween(1000, 1900)).toBe(9);
    expect(scene.data().length).toBe(10);
    const own = network.packets.neighbourAdvertisement(HOME, UNSPECIFIED, HOME, owner.port.linkAddress);
    owner.sendOn(owner.port, own);
    network.run(1000);
    expect(ping.lostBetween(2000, 2900)).toBe(0);
  });

  it("is not, when the advertisement does not override", () => {
    const scene = link();
    const { network, home, host } = scene;
    new Host(network, "owner", home, "2001:db8:1::a", "2001:db8:1::1");
    scene.advertise(UNSPECIFIED, false);
    const ping = new Ping(host, { from: host.address, to: HOME, everyMs: 100 });
    network.run(990);
    expect([ping.lost, scene.data().length]).toEqual([0, 0]);
  });

  it("is asked for again when the claimant has left the link", () => {
    const scene = link();
    scene.advertise(UNSPECIFIED);
    scene.network.run(100);
    scene.port.detach();
    echo(scene);
    scene.network.run(5000);
    expect(scene.network.drops.get("nobody has the address")).toBe(1);
  });
});
