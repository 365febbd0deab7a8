/** Two hosts on a cable; on the left one a daemon's tunnel device, and orders are given to it by hand. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type Linux, openLinux } from "../../platforms/linux/linux.ts";
import { NetworkOrders } from "../../platforms/linux/network-orders.ts";
import { receiveOffload, setReceiveOffload } from "../../platforms/linux/system/offload.ts";
import { inside, ip, ipJson, removeNamespaces } from "./system/namespace.ts";
import { RIGHT, type TestNode, twoNodes } from "./system/testbed.ts";

/** Addresses that are routed to the right host, which has the first one. */
export const HOME = "2001:db8:77::17";
export const OTHER = "2001:db8:77::18";

/** Made anew for each test, by hooks of the suite that makes it; the left host must then be as it was. */
export class OrdersBed {
  left!: TestNode;
  right!: TestNode;
  linux!: Linux;
  /** What a person would have been told. */
  readonly reports: string[] = [];

  constructor() {
    let before = "";
    beforeAll(async () => {
      [this.left, this.right] = await twoNodes("orders");
      ip("-n", this.right.namespace, "addr", "add", `${HOME}/128`, "dev", "lo");
      ip("-n", this.left.namespace, "-6", "route", "add", "2001:db8:77::/64", "via", RIGHT);
      inside(this.left.namespace, () => setReceiveOffload("eth0", true));
    });
    beforeEach(() => {
      before = this.#state();
      this.reports.length = 0;
      const report = (warning: string) => void this.reports.push(warning);
      this.linux = inside(this.left.namespace, () => openLinux("mext0", 1400, report));
    });
    afterEach(() => {
      expect(inside(this.left.namespace, () => this.linux.close())).toEqual([]);
      expect(this.#state()).toBe(before);
    });
    afterAll(() => removeNamespaces());
  }

  /** Carries out orders; device 0 is the tunnel, 1 the cable. */
  orders(ownAddress?: string): NetworkOrders {
    const indices = [this.linux.tun.interfaceIndex, this.left.interfaceIndex];
    return new NetworkOrders(this.linux, ownAddress, (device) => indices[device]);
  }

  /** The packets that came out of the tunnel device. */
  tunnelled(): Buffer[] {
    const { memory, wasm } = this.left;
    const at = 128 * 1024;
    const packets: Buffer[] = [];
    for (;;) {
      const length = this.linux.tun.read(memory.addressAt(at), 2048);
      if (length === 0) return packets;
      packets.push(Buffer.from(new Uint8Array(wasm.buffer, at, length).slice()));
    }
  }

  /** Sends a packet from the left host. */
  send(packet: Uint8Array, mark?: number): void {
    const sender = this.left.sender({ mark });
    expect(this.left.send(sender, packet)).toBe(0);
    sender.close();
  }

  /** Where the left host would send. */
  routeTo(address: string): Record<string, unknown> {
    return ipJson(this.left.namespace, "route", "get", address)[0];
  }

  /** What orders may change. */
  #state(): string {
    const shown = [["addr"], ["route", "show", "table", "all"], ["rule"]].map((words) => (
      ip("-n", this.left.namespace, "-6", "-j", ...words)
    ));
    return [...shown, inside(this.left.namespace, () => String(receiveOffload("eth0")))].join("\n");
  }
}
