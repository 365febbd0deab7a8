//! A home agent's packet path in Rust, as wasm-pack builds it: packets lie in this module's memory, and what it does
//! with them is what the core does on its way in (core-as/flow/inbound.ts) and out (outbound.ts), written anew on the
//! crates that Rust programs use, from the RFCs.
//!
//! ```text
//!   slot 0                            slot 1
//!   ├──────────┬──────────────────────┼──────────┬─────
//!   │ headroom │ packet               │ headroom │ …
//!   └──────────┴──────────────────────┴──────────┴─────
//! ```
mod bindings;
mod chain;
mod checksum;
mod dissect;
mod mss;
mod receive;
mod send;
mod verdict;

use wasm_bindgen::prelude::*;

use bindings::{Binding, Bindings};
use verdict::{Judged, Verdict};

/// As the core has.
const HEADROOM: usize = 128;
const ADDRESS_BYTES: usize = 16;

#[wasm_bindgen]
pub struct HomeAgent {
    ring: Vec<u8>,
    stride: usize,
    /// Octets of the packet in each slot, written by the host.
    lengths: Vec<u32>,
    verdicts: Vec<u32>,
    /// Pointer and octets of each packet to be sent.
    outputs: Vec<u32>,
    /// Packets by verdict.
    counters: Vec<f64>,
    records: Vec<u32>,
    /// Where the host writes addresses.
    scratch: Vec<u8>,
    own: [u8; ADDRESS_BYTES],
    bindings: Bindings,
}

#[wasm_bindgen]
impl HomeAgent {
    #[wasm_bindgen(constructor)]
    pub fn new(slots: usize, slot_bytes: usize, capacity: usize) -> HomeAgent {
        let stride = (HEADROOM + slot_bytes + 15) & !15;
        HomeAgent {
            ring: vec![0; stride * slots],
            stride,
            lengths: vec![0; slots],
            verdicts: vec![0; slots],
            outputs: Vec::with_capacity(slots * 2),
            counters: vec![0.0; verdict::COUNT],
            records: Vec::new(),
            scratch: vec![0; 64 * ADDRESS_BYTES],
            own: [0; ADDRESS_BYTES],
            bindings: Bindings::with_capacity(capacity),
        }
    }

    pub fn slot(&self, slot: usize) -> *const u8 {
        self.ring[slot * self.stride + HEADROOM..].as_ptr()
    }

    pub fn lengths(&self) -> *const u32 {
        self.lengths.as_ptr()
    }

    pub fn verdicts(&self) -> *const u32 {
        self.verdicts.as_ptr()
    }

    pub fn outputs(&self) -> *const u32 {
        self.outputs.as_ptr()
    }

    pub fn counters(&self) -> *const f64 {
        self.counters.as_ptr()
    }

    /// Room for 64 addresses.
    pub fn scratch(&self) -> *const u8 {
        self.scratch.as_ptr()
    }

    pub fn records(&self) -> *const u32 {
        self.records.as_ptr()
    }

    /// The home agent's own address is in the scratch room.
    pub fn set_address(&mut self) {
        self.own = self.scratched(0);
    }

    /// Home address and care-of address are in the scratch room; returns the number of the binding.
    pub fn bind(&mut self, expires_ms: f64, path_mtu: usize) -> u32 {
        let careof = self.scratched(ADDRESS_BYTES);
        let binding =
            Binding { careof, expires_ms, path_mtu, packets_out: 0.0, bytes_out: 0.0, packets_in: 0.0, bytes_in: 0.0 };
        self.bindings.insert(self.scratched(0), binding)
    }

    /// The binding of the address at the beginning of the scratch room; −1: there is none.
    pub fn find(&self) -> i32 {
        self.bindings.find(&self.scratched(0)).map_or(-1, |number| number as i32)
    }

    /// Those of the first `count` addresses there, as records.
    pub fn find_many(&mut self, count: usize) {
        self.records.clear();
        for address in self.scratch.chunks_exact(ADDRESS_BYTES).take(count) {
            let mut home = [0; ADDRESS_BYTES];
            home.copy_from_slice(address);
            self.records.push(self.bindings.find(&home).unwrap_or(u32::MAX));
        }
    }

    /// Packets in `count` slots from `first` on that go to mobile nodes; returns how many are to be sent.
    pub fn send(&mut self, now: f64, first: usize, count: usize) -> usize {
        self.outputs.clear();
        for slot in first..first + count {
            let (at, length) = self.place(slot);
            let sent = send::send(&mut self.ring, at, length, &self.own, &mut self.bindings, now);
            self.note(slot, sent);
        }
        self.outputs.len() / 2
    }

    /// Packets that came from the network.
    pub fn receive(&mut self, now: f64, first: usize, count: usize) -> usize {
        self.outputs.clear();
        for slot in first..first + count {
            let (at, length) = self.place(slot);
            let inner = receive::receive(&mut self.ring, at, length, &self.own, &mut self.bindings, now);
            self.note(slot, inner);
        }
        self.outputs.len() / 2
    }

    /// The headers of the packet in `slot`, as records; returns how many words they have.
    pub fn dissect(&mut self, slot: usize) -> usize {
        let (at, length) = self.place(slot);
        dissect::dissect(&self.ring[at..at + length], &mut self.records);
        self.records.len()
    }

    fn place(&self, slot: usize) -> (usize, usize) {
        let at = slot * self.stride + HEADROOM;
        (at, (self.lengths[slot] as usize).min(self.stride - HEADROOM))
    }

    fn note(&mut self, slot: usize, result: Judged<(usize, usize)>) {
        let verdict = match result {
            Ok((at, length)) => {
                self.outputs.extend([self.ring[at..].as_ptr() as u32, length as u32]);
                Verdict::Accepted
            }
            Err(verdict) => verdict,
        };
        self.verdicts[slot] = verdict as u32;
        self.counters[verdict as usize] += 1.0;
    }

    fn scratched(&self, at: usize) -> [u8; ADDRESS_BYTES] {
        let mut address = [0; ADDRESS_BYTES];
        address.copy_from_slice(&self.scratch[at..at + ADDRESS_BYTES]);
        address
    }
}

/// Octets of a record of `dissect`, in words.
#[wasm_bindgen]
pub fn record_words() -> usize {
    dissect::RECORD_WORDS
}
