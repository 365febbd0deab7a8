//! The binding cache: a HashMap keyed by the home address.
use std::collections::HashMap;

use foldhash::fast::FixedState;

pub struct Binding {
    pub careof: [u8; 16],
    pub expires_ms: f64,
    pub path_mtu: usize,
    pub packets_out: f64,
    pub bytes_out: f64,
    pub packets_in: f64,
    pub bytes_in: f64,
}

pub struct Bindings {
    /// The number of a binding by its home address, as one number of 128 bits.
    numbers: HashMap<u128, u32, FixedState>,
    records: Vec<Binding>,
}

impl Bindings {
    pub fn with_capacity(capacity: usize) -> Bindings {
        Bindings {
            numbers: HashMap::with_capacity_and_hasher(capacity, FixedState::default()),
            records: Vec::with_capacity(capacity),
        }
    }

    pub fn insert(&mut self, home: [u8; 16], binding: Binding) -> u32 {
        let number = *self.numbers.entry(u128::from_ne_bytes(home)).or_insert(self.records.len() as u32);
        if number as usize == self.records.len() {
            self.records.push(binding);
        } else {
            self.records[number as usize] = binding;
        }
        number
    }

    pub fn find(&self, home: &[u8; 16]) -> Option<u32> {
        self.numbers.get(&u128::from_ne_bytes(*home)).copied()
    }

    /// The binding of `home` that is alive at `now`.
    pub fn alive(&mut self, home: &[u8; 16], now: f64) -> Option<&mut Binding> {
        let number = self.find(home)?;
        let binding = self.records.get_mut(number as usize)?;
        (binding.expires_ms > now).then_some(binding)
    }
}
