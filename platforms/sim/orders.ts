/** What the kernel of a simulated node does with the orders of its core. */
import { formatAddress } from "../../bindings/address.ts";
import type { OrderHandler } from "../../bindings/engine.ts";
import { readEvent } from "../../bindings/events.ts";
import { readArp } from "./arp.ts";
import { IPV4_ANY, isMapped, UNSPECIFIED } from "./ip.ts";
import { Port } from "./link.ts";
import { type CoreNode, TUNNEL } from "./node.ts";
import type { Route } from "./routes.ts";

/** Instead of a device index: the routes decide. */
const ANY_DEVICE = 0xffff;

export class Orders implements OrderHandler {
  constructor(private readonly node: CoreNode) {}

  /** Packets leave through the clock at the earliest: the core is in the middle of a call. */
  transmit(index: number, pointer: number, lengthBytes: number): void {
    const { node } = this;
    const packet = node.engine!.memory.slice(pointer, pointer + lengthBytes);
    if (index === ANY_DEVICE) node.route(packet);
    else if (index !== TUNNEL) node.sendOn(node.devices[index], packet);
    else node.network.clock.after(0, () => node.receive(node.tunnel, packet));
  }

  event(record: DataView): void {
    const { name, network, eventListeners } = this.node;
    if (eventListeners.length === 0 && !network.watched) return;
    const event = readEvent(record);
    if (network.watched) network.emit({ kind: "event", atMs: network.nowMs, node: name, event });
    for (const listener of eventListeners) listener(event);
  }

  keep(record: Uint8Array): void {
    this.node.keep(record.slice());
  }

  addAddress(index: number, address: Uint8Array, lengthBits: number): void {
    this.show("add address", index, `${formatAddress(address)}/${lengthBits}`);
    this.node.addAddress(this.node.devices[index], address, lengthBits);
  }

  removeAddress(index: number, address: Uint8Array): void {
    this.show("remove address", index, formatAddress(address));
    this.node.removeAddress(this.node.devices[index], address);
  }

  addDefaultRoute(index: number, gateway: Uint8Array): void {
    this.show("add default route", index, `by ${formatAddress(gateway)}`);
    this.node.addRoute(this.defaultRoute(index, gateway));
  }

  removeDefaultRoute(index: number, gateway: Uint8Array): void {
    this.show("remove default route", index, `by ${formatAddress(gateway)}`);
    this.node.removeRoute(this.defaultRoute(index, gateway));
  }

  tunnelMtu(octets: number): void {
    this.show("set MTU", TUNNEL, `${octets} octets`);
    this.node.tunnel.mtuBytes = octets;
  }

  addRoute(index: number, prefix: Uint8Array, lengthBits: number): void {
    this.show("add route", index, `to ${formatAddress(prefix)}/${lengthBits}`);
    this.node.addRoute({ prefix, lengthBits, device: this.node.devices[index] });
  }

  removeRoute(index: number, prefix: Uint8Array, lengthBits: number): void {
    this.show("remove route", index, `to ${formatAddress(prefix)}/${lengthBits}`);
    this.node.removeRoute({ prefix, lengthBits, device: this.node.devices[index] });
  }

  addNeighbour(index: number, address: Uint8Array, linkAddress: Uint8Array): void {
    this.show("add neighbour", index, formatAddress(address));
    const device = this.node.devices[index];
    if (device instanceof Port) device.neighbours.claim(address, linkAddress);
  }

  useTunnel(index: number, use: boolean): void {
    this.show(use ? "use tunnel" : "do not use tunnel", index, "for the home address");
    this.node.useTunnel(use);
  }

  hearGroups(index: number, hear: boolean): void {
    this.show("hear", index, hear ? "all groups" : "own groups");
    this.node.hearGroups(this.node.devices[index], hear);
  }

  /** A train is cut into its datagrams. */
  sendDatagrams(index: number, pointer: number, lengthBytes: number): void {
    const { node } = this;
    const engine = node.engine!;
    const to = engine.readDatagrams(pointer);
    const payload = engine.memory.slice(pointer, pointer + lengthBytes);
    const device = index === ANY_DEVICE ? undefined : node.devices[index];
    const each = to.segmentBytes || lengthBytes;
    for (let at = 0; at < lengthBytes; at += each) node.sockets.send(payload.subarray(at, at + each), to, device);
  }

  sendArp(index: number, pointer: number, lengthBytes: number, toAll: boolean): void {
    const { devices, engine } = this.node;
    const device = devices[index];
    const message = engine!.memory.slice(pointer, pointer + lengthBytes);
    if (device instanceof Port) device.sendArp(message, toAll ? undefined : readArp(message).targetLink);
  }

  private defaultRoute(index: number, gateway: Uint8Array): Route {
    const device = this.node.devices[index];
    if (isMapped(gateway)) return { prefix: IPV4_ANY, lengthBits: 96, device, gateway };
    return { prefix: UNSPECIFIED, lengthBits: 0, device, gateway };
  }

  private show(order: string, index: number, detail: string): void {
    const { name, network, devices } = this.node;
    if (!network.watched) return;
    const text = `${order} ${detail} on ${devices[index].name}`;
    network.emit({ kind: "order", atMs: network.nowMs, node: name, text });
  }
}
