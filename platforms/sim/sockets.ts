/**
 * The UDP sockets of a core (RFC 5555 §4.1): of a home agent one for all, of a mobile node one for each uplink. The
 * outer headers are the kernel's.
 *
 *   core ── datagrams ──► source address and port, IP and UDP headers ──► routes
 *   link ── a packet to the socket's port ──► payload, from where, traffic class ──► core
 */
import { setPathMtu } from "../../bindings/commands.ts";
import { type Datagrams, DEVICE_ANY } from "../../bindings/engine.ts";
import { isLinkLocal, isMapped, nextHeader, sourceOf, trafficClass, UDP } from "./ip.ts";
import type { CoreNode } from "./node.ts";
import type { IcmpError } from "./messages.ts";
import type { Device } from "./routes.ts";
import { flowOf } from "./transport.ts";

export class DatagramSockets {
  constructor(private readonly node: CoreNode) {
    node.onIcmpError((error) => this.hear(error));
  }

  /** Sends one datagram from the socket of `device`, or from the one for all. */
  send(payload: Uint8Array, to: Required<Datagrams>, device?: Device): void {
    const { node, node: { network, name } } = this;
    const source = node.datagramSource(to.address, device);
    const port = node.datagramPort(device);
    if (!source || port === undefined) return network.drop(name, name, "no source address", payload);
    const header = { trafficClass: to.trafficClass, dontFragment: !to.mayFragment };
    const packet = network.packets.udp(source, to.address, port, to.port, payload, header);
    const way = device ?? node.routes.find(to.address, undefined, node.tunnel)?.device;
    const mtuBytes = way?.mtuBytes ?? Infinity;
    if (packet.length > mtuBytes && !(to.mayFragment && isMapped(to.address))) {
      network.drop(name, name, "larger than the MTU", packet);
      network.clock.after(0, () => this.learnPathMtu(to.address, mtuBytes, device));
    } else if (device) node.sendOn(device, packet);
    else node.route(packet);
  }

  /** Whether a packet that came from a device is for a socket of the core. */
  takes(device: Device, packet: Uint8Array): boolean {
    if (device === this.node.tunnel || nextHeader(packet) !== UDP) return false;
    return flowOf(packet).destinationPort === (this.node.datagramPort(device) ?? -1);
  }

  /** Gives the core what is in such a packet; one that is damaged is dropped, as kernels do. */
  receive(device: Device, packet: Uint8Array): void {
    const { node } = this;
    const message = node.network.packets.read(packet);
    if (message.kind !== "udp") return;
    const from = { address: sourceOf(packet).slice(), port: message.sourcePort, trafficClass: trafficClass(packet) };
    const index = node.indexOf(device);
    node.withCore((engine, nowMs) => engine.receiveDatagrams(nowMs, index, message.data, from));
  }

  /** The kernel hears that a datagram was too large. */
  private hear({ error, mtuBytes, about }: IcmpError): void {
    if (error !== "packet-too-big" || mtuBytes === undefined || nextHeader(about) !== UDP) return;
    const { node } = this;
    const { destination, sourcePort } = flowOf(about);
    if (node.datagramPort() === sourcePort) return this.learnPathMtu(destination, mtuBytes);
    const device = node.devices.find((each) => each !== node.tunnel && node.datagramPort(each) === sourcePort);
    if (device) this.learnPathMtu(destination, mtuBytes, device);
  }

  private learnPathMtu(remote: Uint8Array, octets: number, device?: Device): void {
    const { node } = this;
    const index = device ? node.indexOf(device) : DEVICE_ANY;
    node.withCore((engine, nowMs) => setPathMtu(engine, index, remote, octets, nowMs));
  }
}

/** The newest address of a device that datagrams to `to` can have as their source. */
export function newestSource(device: Device, to: Uint8Array): Uint8Array | undefined {
  const mapped = isMapped(to);
  return device.addresses.findLast(({ address }) => isMapped(address) === mapped && !isLinkLocal(address))?.address;
}
