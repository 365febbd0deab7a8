import {
  ABI_VERSION, COMMAND_BYTES, Command, DATAGRAM_ADDRESS, DATAGRAM_BYTES, DATAGRAM_FRAGMENTS, DATAGRAM_PORT,
  DATAGRAM_SEGMENT_BYTES, DATAGRAM_TRAFFIC_CLASS, ENTROPY_BYTES, EVENT_BYTES, HEADROOM, INPUT_BYTES, INPUT_DEVICE,
  INPUT_KIND, INPUT_LENGTH, Input, ORDER_BYTES, ORDER_DEVICE, ORDER_KIND, ORDER_LENGTH, ORDER_POINTER, ORDER_VALUE, Order, Query, REPLY_BYTES, Refusal,
  Role, START_MAX_BINDINGS, START_MAX_NODES, START_OUTPUT_BYTES, START_REASSEMBLIES, START_ROLE, START_SLOTS,
  START_SLOT_BYTES,
} from "../core-as/abi/contract.ts";
import { REASON_COUNT } from "../core-as/abi/reasons.ts";

/** What the binary exports. Pointers are octet offsets into `memory`. */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;
  /** ABI_VERSION of the binary. */
  abiVersion(): number;
  /** Where the records of `start` and `command` are written: COMMAND_BYTES octets. */
  commandPointer(): number;
  /** Takes the START_* record; once. Answers a Refusal. */
  start(now: number): number;
  /** Takes a record of a Command. Answers a Refusal. */
  command(code: number, lengthBytes: number, now: number): number;
  /** Where entropy is written: ENTROPY_BYTES octets. */
  entropyPointer(): number;
  /** Adds what was written there to the random generator. */
  feedEntropy(lengthBytes: number): void;
  /** The first input slot, with its headroom. */
  inputPointer(): number;
  /** Octets from one slot to the next. */
  inputStride(): number;
  /** The INPUT_* records of the slots. */
  inputDescriptors(): number;
  /** Takes slots from `first` on; answers how many it took. Its orders come before the next call. */
  process(now: number, first: number, count: number): number;
  /** Lets timers run; 1: more are due. */
  tick(now: number): number;
  /** Orders of the last call. */
  orderCount(): number;
  /** Their ORDER_* records. */
  ordersPointer(): number;
  /** When `tick` is wanted, in the time of `now`; Infinity: never. */
  nextWakeupMs(): number;
  /** Writes records of a Query from `cursor` on; answers octets. */
  query(kind: number, cursor: number): number;
  /** Where the next `query` or `exportState` goes on; 0: that was all. */
  queryCursor(): number;
  /** Where answers stand: REPLY_BYTES octets at most. */
  replyPointer(): number;
  /** Refused packets, an f64 for each Reason. */
  countersPointer(): number;
  /** Writes state records from `cursor` on; answers octets. */
  exportState(cursor: number): number;
  /** Takes state records at `replyPointer`; answers how many octets it understood. */
  importState(lengthBytes: number, now: number): number;
  /** The record of a binding by the 16 octets of its home address; −1: none. */
  findBinding(addressPointer: number, bid: number): number;
  /** The same for up to 64 addresses at once: an i32 each. */
  findBindings(addressesPointer: number, count: number, recordsPointer: number): void;
  /** Memory for the host's own records, never given back. */
  hostAlloc(lengthBytes: number): number;
  /** The transitions of a state machine, as in `abi/states.ts`. */
  stateTable(machine: number): number;
  /** Reads the packet at `scratchPointer`; answers how many records it found. */
  dissect(lengthBytes: number, linkType: number): number;
  /** The records of `dissect`. */
  dissectionPointer(): number;
  /** Where packets to be read are written: SCRATCH_BYTES octets. */
  scratchPointer(): number;
}

/** Sizes that an instance is started with; they are budgets and are not exceeded later. */
export interface Budgets {
  /** Packets of one input batch. */
  slots: number;
  /** Largest packet in octets. */
  slotBytes: number;
  /** Room for packets that the core makes in one call, octets. */
  outputBytes: number;
  maxBindings: number;
  maxNodes: number;
  /** Packets that are being put together from fragments at once. */
  reassemblies: number;
}

/** Enough for a mobile node, or for a home agent of a few dozen nodes. */
export const DEFAULT_BUDGETS: Budgets = {
  slots: 64, slotBytes: 2048, outputBytes: 65536, maxBindings: 64, maxNodes: 64, reassemblies: 4,
};

/** Where datagrams come from or go to. */
export interface Datagrams {
  /** 16 octets of the other end; IPv4 as ::ffff:a.b.c.d. */
  address: Uint8Array;
  port: number;
  /** 0: one datagram; else a train, each of so many octets, the last one perhaps shorter. */
  segmentBytes?: number;
  /** Of the outer IP header. */
  trafficClass?: number;
  /** Output: IP may fragment them on their way. */
  mayFragment?: boolean;
}

/** What a host does with the core's orders. Pointers are valid until the next call to the core. */
export interface OrderHandler {
  /** Sends the packet of `lengthBytes` octets at `pointer` out of a device. */
  transmit(device: number, pointer: number, lengthBytes: number): void;
  /** `record` is an EVENT_* record; copy it to keep it. */
  event(record: DataView): void;
  /** A state record for `importState` after a restart; copy it to keep it. */
  keep(record: Uint8Array): void;
  /** Puts an address on a device. */
  addAddress(device: number, address: Uint8Array, prefixLength: number): void;
  /** Takes it away. */
  removeAddress(device: number, address: Uint8Array, prefixLength: number): void;
  /** Sends what leaves by a device to a router there. */
  addDefaultRoute(device: number, router: Uint8Array): void;
  /** Takes that back. */
  removeDefaultRoute(device: number, router: Uint8Array): void;
  /** Largest packet that the tunnel device takes. */
  tunnelMtu(octets: number): void;
  /** Routes the addresses of a prefix into tunnel device `device`, before all other routes. */
  addRoute(device: number, prefix: Uint8Array, prefixLength: number): void;
  /** Takes that back. */
  removeRoute(device: number, prefix: Uint8Array, prefixLength: number): void;
  /** A neighbour on link `device` has this link-layer address. */
  addNeighbour(device: number, address: Uint8Array, linkAddress: Uint8Array): void;
  /** Whether what comes from the home address goes into tunnel device `device`; it does until the first such order. */
  useTunnel(device: number, use: boolean): void;
  /** Whether all groups are to be heard on link `device`; they are not until the first such order. */
  hearGroups(device: number, hear: boolean): void;
  /**
   * Datagrams of an access device: `lengthBytes` octets of payload at `pointer`, to where the DATAGRAM_* record
   * before them says (`readDatagram`).
   */
  sendDatagrams(device: number, pointer: number, lengthBytes: number): void;
  /** An ARP message (RFC 826) on link `device`: to all, or to its target hardware address. */
  sendArp(device: number, pointer: number, lengthBytes: number, toAll: boolean): void;
  /** All orders of one call have been given: what `transmit` pointed to is valid until this returns. */
  drained?(): void;
}

/** The core refused a command. */
export class CommandRefused extends Error {
  constructor(readonly command: string, readonly refusal: Refusal) {
    super(`the core refused the command ${command}: ${Refusal[refusal] ?? refusal}`);
    this.name = "CommandRefused";
  }
}

/** Compiles the binary and checks that it is the core that these bindings were made for. */
export async function compileCore(bytes: BufferSource): Promise<WebAssembly.Module> {
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new Error("mext.wasm does not compile here: WebAssembly with SIMD and bulk memory is needed", { cause });
  }
  const imports = WebAssembly.Module.imports(module);
  if (imports.length > 0) throw new Error("this is not mext.wasm: the core has no imports");
  return module;
}

/**
 * One node: one instance of the core.
 *
 * Obeys the driving law for its host: every call that changes something hands the orders that
 * result to the handler before it returns.
 */
export class Engine {
  readonly exports: CoreExports;
  readonly slots: number;
  readonly slotBytes: number;
  private view: DataView;
  private bytes: Uint8Array;
  private readonly orders: number;
  private readonly descriptors: number;
  private readonly inputs: number;
  private readonly stride: number;

  constructor(
    module: WebAssembly.Module,
    readonly role: Role,
    readonly handler: OrderHandler,
    entropy: Uint8Array,
    now: number,
    budgets: Partial<Budgets> = {},
  ) {
    const sizes = { ...DEFAULT_BUDGETS, ...budgets };
    this.exports = new WebAssembly.Instance(module).exports as unknown as CoreExports;
    const version = this.exports.abiVersion?.();
    if (version !== ABI_VERSION) {
      throw new Error(`mext.wasm speaks contract ${version}, these bindings speak ${ABI_VERSION}: take both from one release`);
    }
    this.view = new DataView(this.exports.memory.buffer);
    this.bytes = new Uint8Array(this.exports.memory.buffer);
    this.slots = sizes.slots;
    this.slotBytes = sizes.slotBytes;
    this.feedEntropy(entropy);

    const record = this.exports.commandPointer();
    this.view.setUint32(record + START_ROLE, role, true);
    this.view.setUint32(record + START_SLOTS, sizes.slots, true);
    this.view.setUint32(record + START_SLOT_BYTES, sizes.slotBytes, true);
    this.view.setUint32(record + START_OUTPUT_BYTES, sizes.outputBytes, true);
    this.view.setUint32(record + START_MAX_BINDINGS, sizes.maxBindings, true);
    this.view.setUint32(record + START_MAX_NODES, sizes.maxNodes, true);
    this.view.setUint32(record + START_REASSEMBLIES, sizes.reassemblies, true);
    const refusal = this.exports.start(now);
    if (refusal !== Refusal.None) throw new CommandRefused("start", refusal);
    this.refreshViews();
    this.orders = this.exports.ordersPointer();
    this.descriptors = this.exports.inputDescriptors();
    this.inputs = this.exports.inputPointer() + HEADROOM;
    this.stride = this.exports.inputStride();
  }

  /** Linear memory as octets; taken anew when the memory has grown. */
  get memory(): Uint8Array {
    if (this.bytes.length === 0) this.refreshViews(); // detached: cheaper to see than to compare buffers
    return this.bytes;
  }

  /** Linear memory as numbers; taken anew when the memory has grown. */
  get data(): DataView {
    if (this.bytes.length === 0) this.refreshViews();
    return this.view;
  }

  private refreshViews(): void {
    this.view = new DataView(this.exports.memory.buffer);
    this.bytes = new Uint8Array(this.exports.memory.buffer);
  }

  /** Adds up to ENTROPY_BYTES octets a call to the core's random generator. */
  feedEntropy(entropy: Uint8Array): void {
    const pointer = this.exports.entropyPointer();
    for (let at = 0; at < entropy.length; at += ENTROPY_BYTES) {
      const part = entropy.subarray(at, at + ENTROPY_BYTES);
      this.memory.set(part, pointer);
      this.exports.feedEntropy(part.length);
    }
  }

  /** Pointer to the octets of input slot `index`: HEADROOM octets before it belong to the core. */
  slotPointer(index: number): number {
    return this.inputs + index * this.stride;
  }

  /** Says that slot `index` holds `lengthBytes` from `device`: a packet, unless `kind` says something else. */
  fillSlot(index: number, device: number, lengthBytes: number, kind = Input.Packet): void {
    const at = this.descriptors + index * INPUT_BYTES;
    this.data.setUint32(at + INPUT_LENGTH, lengthBytes, true);
    this.data.setUint32(at + INPUT_DEVICE, device, true);
    this.data.setUint32(at + INPUT_KIND, kind, true);
  }

  /** Says from where the datagrams in slot `index` came. */
  describeDatagrams(index: number, { address, port, segmentBytes = 0, trafficClass = 0 }: Datagrams): void {
    const at = this.slotPointer(index) - DATAGRAM_BYTES;
    this.memory.set(address, at + DATAGRAM_ADDRESS);
    this.data.setUint16(at + DATAGRAM_PORT, port, true);
    this.data.setUint16(at + DATAGRAM_SEGMENT_BYTES, segmentBytes, true);
    this.data.setUint8(at + DATAGRAM_TRAFFIC_CLASS, trafficClass);
  }

  /** To where `Order.SendDatagrams` at `pointer` goes. */
  readDatagrams(pointer: number): Required<Datagrams> {
    const at = pointer - DATAGRAM_BYTES;
    return {
      address: this.memory.slice(at + DATAGRAM_ADDRESS, at + DATAGRAM_ADDRESS + 16),
      port: this.data.getUint16(at + DATAGRAM_PORT, true),
      segmentBytes: this.data.getUint16(at + DATAGRAM_SEGMENT_BYTES, true),
      trafficClass: this.data.getUint8(at + DATAGRAM_TRAFFIC_CLASS),
      mayFragment: this.data.getUint8(at + DATAGRAM_FRAGMENTS) !== 0,
    };
  }

  /** Gives the first `count` slots to the core and carries out all orders. */
  processSlots(now: number, count: number): void {
    for (let first = 0; first < count; ) {
      first += this.exports.process(now, first, count - first);
      this.drain();
    }
  }

  /** Gives one packet to the core: for hosts that hold packets in JavaScript. A packet too large is cut, and refused. */
  receive(now: number, device: number, packet: Uint8Array): void {
    const length = Math.min(packet.length, this.slotBytes);
    this.memory.set(length === packet.length ? packet : packet.subarray(0, length), this.slotPointer(0));
    this.fillSlot(0, device, length);
    this.processSlots(now, 1);
  }

  /** Gives one datagram to the core, or a train. */
  receiveDatagrams(now: number, device: number, payload: Uint8Array, from: Datagrams): void {
    const length = Math.min(payload.length, this.slotBytes);
    this.memory.set(length === payload.length ? payload : payload.subarray(0, length), this.slotPointer(0));
    this.describeDatagrams(0, from);
    this.fillSlot(0, device, length, Input.Datagrams);
    this.processSlots(now, 1);
  }

  /** Gives an ARP message to the core. */
  receiveArp(now: number, device: number, message: Uint8Array): void {
    this.memory.set(message.subarray(0, this.slotBytes), this.slotPointer(0));
    this.fillSlot(0, device, Math.min(message.length, this.slotBytes), Input.Arp);
    this.processSlots(now, 1);
  }

  /** Lets timers run. */
  tick(now: number): void {
    let more: number;
    do {
      more = this.exports.tick(now);
      this.drain();
    } while (more !== 0);
  }

  /** When `tick` is wanted next, in the host's monotonic ms; Infinity for never. */
  nextWakeupMs(): number {
    return this.exports.nextWakeupMs();
  }

  /** Writes a command record with `fill` and gives it to the core. Throws CommandRefused. */
  command(code: Command, lengthBytes: number, now: number, fill?: (view: DataView, bytes: Uint8Array) => void): void {
    if (lengthBytes > COMMAND_BYTES) throw new RangeError(`a command has at most ${COMMAND_BYTES} octets`);
    if (fill) {
      const pointer = this.exports.commandPointer();
      const bytes = this.memory.subarray(pointer, pointer + lengthBytes);
      bytes.fill(0);
      fill(new DataView(bytes.buffer, bytes.byteOffset, lengthBytes), bytes);
    }
    const refusal = this.exports.command(code, lengthBytes, now);
    this.drain();
    if (refusal !== Refusal.None) throw new CommandRefused(Command[code] ?? String(code), refusal);
  }

  /** All records of a table, each as a view that is valid during the callback only. */
  query(kind: Query, recordBytes: number, visit: (record: DataView) => void): void {
    let cursor = 0;
    do {
      const length = this.exports.query(kind, cursor);
      const pointer = this.exports.replyPointer();
      for (let at = 0; at < length; at += recordBytes) {
        visit(new DataView(this.exports.memory.buffer, pointer + at, recordBytes));
      }
      cursor = this.exports.queryCursor();
    } while (cursor !== 0);
  }

  /** Packets refused, by reason. */
  counters(): Float64Array {
    return new Float64Array(this.exports.memory.buffer, this.exports.countersPointer(), REASON_COUNT).slice();
  }

  /** The whole state as records that `importState` takes. */
  exportState(): Uint8Array {
    const parts: Uint8Array[] = [];
    let cursor = 0;
    do {
      const length = this.exports.exportState(cursor);
      const pointer = this.exports.replyPointer();
      parts.push(this.memory.slice(pointer, pointer + length));
      cursor = this.exports.queryCursor();
    } while (cursor !== 0);
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  }

  /**
   * Takes records of `exportState` or Order.Keep, in their order; the later one for a key wins.
   * Returns how many octets were understood: fewer than given means a damaged tail.
   */
  importState(records: Uint8Array, now: number): number {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    let at = 0;
    while (at < records.length) {
      let end = at; // as many whole records as the buffer takes
      while (end + 4 <= records.length) {
        const length = view.getUint16(end + 2, true);
        if (length < 8 || end + length > records.length || end + length - at > REPLY_BYTES) break;
        end += length;
      }
      if (end === at) break;
      this.memory.set(records.subarray(at, end), this.exports.replyPointer());
      const taken = this.exports.importState(end - at, now);
      this.drain();
      if (taken === 0) break;
      at += taken;
    }
    return at;
  }

  private drain(): void {
    const end = this.orders + this.exports.orderCount() * ORDER_BYTES;
    const { handler, data: view } = this;
    for (let at = this.orders; at < end; at += ORDER_BYTES) {
      const head = view.getUint32(at + ORDER_KIND, true);
      const kind = (head & 0xffff) as Order;
      const device = head >>> ((ORDER_DEVICE - ORDER_KIND) * 8);
      const pointer = view.getUint32(at + ORDER_POINTER, true);
      const length = view.getUint32(at + ORDER_LENGTH, true);
      if (kind === Order.Transmit) { // first: there is one a packet
        handler.transmit(device, pointer, length);
        continue;
      }
      const value = view.getUint32(at + ORDER_VALUE, true);
      switch (kind) {
        case Order.Event: handler.event(new DataView(view.buffer, pointer, EVENT_BYTES)); break;
        case Order.Keep: handler.keep(this.memory.subarray(pointer, pointer + length)); break;
        case Order.AddAddress: handler.addAddress(device, this.memory.slice(pointer, pointer + 16), value); break;
        case Order.RemoveAddress: handler.removeAddress(device, this.memory.slice(pointer, pointer + 16), value); break;
        case Order.AddDefaultRoute: handler.addDefaultRoute(device, this.memory.slice(pointer, pointer + 16)); break;
        case Order.RemoveDefaultRoute: handler.removeDefaultRoute(device, this.memory.slice(pointer, pointer + 16)); break;
        case Order.TunnelMtu: handler.tunnelMtu(value); break;
        case Order.AddRoute: handler.addRoute(device, this.memory.slice(pointer, pointer + 16), value); break;
        case Order.RemoveRoute: handler.removeRoute(device, this.memory.slice(pointer, pointer + 16), value); break;
        case Order.AddNeighbour:
          handler.addNeighbour(
            device, this.memory.slice(pointer, pointer + 16), this.memory.slice(pointer + 16, pointer + length),
          );
          break;
        case Order.UseTunnel: handler.useTunnel(device, value === 1); break;
        case Order.HearGroups: handler.hearGroups(device, value === 1); break;
        case Order.SendDatagrams: handler.sendDatagrams(device, pointer, length); break;
        case Order.SendArp: handler.sendArp(device, pointer, length, value === 1); break;
        case Order.None: break;
      }
    }
    handler.drained?.();
  }
}

/** Whatever takes commands as the engine does: `commands.ts` needs no more. */
export type CommandTaker = Pick<Engine, "command">;
/** Whatever can be asked as the engine can: `status.ts` needs no more. */
export type StateReader = Pick<Engine, "query" | "counters">;

export {
  DATAGRAM_ADDRESS, DATAGRAM_BYTES, DATAGRAM_FRAGMENTS, DATAGRAM_PORT, DATAGRAM_SEGMENT_BYTES, DATAGRAM_TRAFFIC_CLASS,
  DEVICE_ANY, DeviceOffload, Encapsulation, ENTROPY_BYTES, EVENT_CODE, HEADROOM, MAX_DEVICES, VIRTIO_BYTES,
} from "../core-as/abi/contract.ts";
export { MINIMUM_MTU, TUNNEL_PORT } from "../core-as/abi/codes.ts";
export { Command, Input, Order, Query, Refusal, Role };
