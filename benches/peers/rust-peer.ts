/**
 * The Rust peer (benches/peer-rust) as wasm-pack built it: a home agent's packet path whose packets lie in its own
 * linear memory, as the core's do. Runs in every runtime; where the build is, says rust-build.
 */
import { Verdict } from "./rust-verdicts.ts";

/** The JavaScript that wasm-bindgen wrote beside the binary, as far as it is used. */
export interface Glue {
  /** Makes the one instance, or gives the one that is there. */
  initSync(options: { module: WebAssembly.Module }): { memory: WebAssembly.Memory };
  HomeAgent: new (slots: number, slotBytes: number, capacity: number) => RustHomeAgent;
  record_words(): number;
}

/** Pointers are octet offsets into the instance's memory. */
interface RustHomeAgent {
  slot(slot: number): number;
  lengths(): number;
  verdicts(): number;
  outputs(): number;
  scratch(): number;
  records(): number;
  set_address(): void;
  bind(expiresMs: number, pathMtu: number): number;
  find(): number;
  find_many(count: number): void;
  send(now: number, first: number, count: number): number;
  receive(now: number, first: number, count: number): number;
  dissect(slot: number): number;
  free(): void;
}

export interface PeerSize {
  slots: number;
  slotBytes: number;
  bindings: number;
}

/** A header that the peer found; what the values are stands in benches/peer-rust/src/dissect.rs. */
export interface PeerHeader {
  protocol: number;
  offset: number;
  length: number;
  values: [number, number];
  checksum: "none" | "good" | "bad";
}

const CHECKSUMS = ["none", "good", "bad"] as const;

export class RustPeer {
  readonly rust: RustHomeAgent;
  private readonly linear: WebAssembly.Memory;
  private readonly recordWords: number;
  private bytes: Uint8Array;
  private words: Uint32Array;
  private readonly lengthsAt: number;
  private readonly verdictsAt: number;
  private readonly outputsAt: number;
  private readonly scratchAt: number;

  constructor(glue: Glue, module: WebAssembly.Module, size: PeerSize, address: Uint8Array) {
    this.linear = glue.initSync({ module }).memory;
    this.recordWords = glue.record_words();
    this.rust = new glue.HomeAgent(size.slots, size.slotBytes, size.bindings);
    this.bytes = new Uint8Array(this.linear.buffer);
    this.words = new Uint32Array(this.linear.buffer);
    this.lengthsAt = this.rust.lengths();
    this.verdictsAt = this.rust.verdicts();
    this.outputsAt = this.rust.outputs();
    this.scratchAt = this.rust.scratch();
    this.memory.set(address, this.scratchAt);
    this.rust.set_address();
  }

  /** Linear memory; taken anew when it has grown, by this peer or by another one of the same instance. */
  get memory(): Uint8Array {
    this.refresh();
    return this.bytes;
  }

  /** Linear memory in words of 32 bits. */
  get memoryWords(): Uint32Array {
    this.refresh();
    return this.words;
  }

  private refresh(): void {
    if (this.bytes.length !== 0) return;
    this.bytes = new Uint8Array(this.linear.buffer);
    this.words = new Uint32Array(this.linear.buffer);
  }

  /** Offset of the packet in a slot. */
  slotPointer(slot: number): number {
    return this.rust.slot(slot);
  }

  /** Where `find` and `find_many` read addresses. */
  get addressesPointer(): number {
    return this.scratchAt;
  }

  bind(homeAddress: Uint8Array, careofAddress: Uint8Array, expiresMs: number, pathMtu = 1500): number {
    this.memory.set(homeAddress, this.scratchAt);
    this.memory.set(careofAddress, this.scratchAt + 16);
    return this.rust.bind(expiresMs, pathMtu);
  }

  fill(slot: number, packet: Uint8Array): void {
    this.memory.set(packet, this.slotPointer(slot));
    this.memoryWords[(this.lengthsAt >> 2) + slot] = packet.length;
  }

  /** Gives the packets of slots to the peer and takes what is to be sent, as `Engine` drains the core's orders. */
  send(now: number, first: number, count: number, transmit: (pointer: number, lengthBytes: number) => void): void {
    this.drain(this.rust.send(now, first, count), transmit);
  }

  receive(now: number, first: number, count: number, transmit: (pointer: number, lengthBytes: number) => void): void {
    this.drain(this.rust.receive(now, first, count), transmit);
  }

  private drain(count: number, transmit: (pointer: number, lengthBytes: number) => void): void {
    const words = this.memoryWords;
    const begin = this.outputsAt >> 2;
    for (let at = begin; at < begin + count * 2; at += 2) transmit(words[at], words[at + 1]);
  }

  verdict(slot: number): Verdict {
    return this.memoryWords[(this.verdictsAt >> 2) + slot];
  }

  /** The headers of the packet in a slot, the outermost first, as far as the peer can read them. */
  dissect(slot: number): PeerHeader[] {
    const count = this.rust.dissect(slot) / this.recordWords;
    const words = this.memoryWords;
    return Array.from({ length: count }, (_, index) => {
      const at = (this.rust.records() >> 2) + index * this.recordWords;
      const [protocol, offset, length, first, second, checksum] = words.subarray(at, at + this.recordWords);
      return { protocol, offset, length, values: [first, second], checksum: CHECKSUMS[checksum] };
    });
  }

  /** Gives its memory back. */
  free(): void {
    this.rust.free();
  }
}
