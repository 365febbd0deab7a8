//! A home agent and a mobile node back to back, in two instances of the component, and a packet through their tunnel.
//!
//!     cargo run -- path/of/mext.component.wasm
//!
//! There is no network and no waiting: time is a number, entropy is given, packets are handed over.

use std::net::Ipv6Addr;

use wasmtime::component::{Component, Linker, ResourceAny};
use wasmtime::{Engine, Result, Store};

wasmtime::component::bindgen!({
    path: "../../../../dist/component/mext.wit",
    world: "mext",
});

use exports::mext::core::codec::{FieldInput, LayerInput, Value};
use exports::mext::core::engine::*;

const TUNNEL: u32 = 0;
const ACCESS: u32 = 1;
const UNIX_MS: f64 = 1_900_000_000_000.0;

fn address(text: &str) -> Vec<u8> {
    text.parse::<Ipv6Addr>().expect("an IPv6 address").octets().to_vec()
}

/// One instance of the component, and the one engine in it.
struct Node {
    name: &'static str,
    store: Store<()>,
    mext: Mext,
    engine: ResourceAny,
}

impl Node {
    fn start(name: &'static str, component: &Component, role: Role, now_ms: f64) -> Result<Node> {
        let mut store = Store::new(component.engine(), ());
        let mext = Mext::instantiate(&mut store, component, &Linker::new(component.engine()))?;
        let budgets = Budgets {
            slots: 64, slot_bytes: 2048, output_bytes: 65536, max_bindings: 64, max_nodes: 64, reassemblies: 4,
        };
        // A program takes entropy from the operating system; this example wants to be the same each time.
        let entropy: Vec<u8> = (0..64).map(|index| (index * 37 + name.len()) as u8).collect();
        let engine = mext.mext_core_engine().engine().call_start(&mut store, role, now_ms, &entropy, budgets)?
            .map_err(|refusal| wasmtime::Error::msg(format!("start: {refusal:?}")))?;
        Ok(Node { name, store, mext, engine })
    }

    fn command(&mut self, now_ms: f64, command: &Command) -> Result<Vec<Order>> {
        self.mext.mext_core_engine().engine().call_command(&mut self.store, self.engine, now_ms, command)?
            .map_err(|refusal| wasmtime::Error::msg(format!("{}: {command:?}: {refusal:?}", self.name)))
    }

    fn receive(&mut self, now_ms: f64, device: u32, packet: Vec<u8>) -> Result<Vec<Order>> {
        let inputs = [Input { device, payload: Payload::Packet(packet) }];
        self.mext.mext_core_engine().engine().call_process(&mut self.store, self.engine, now_ms, &inputs)
    }

    fn tick(&mut self, now_ms: f64) -> Result<Vec<Order>> {
        self.mext.mext_core_engine().engine().call_tick(&mut self.store, self.engine, now_ms)
    }

    fn next_wakeup_ms(&mut self) -> Result<Option<f64>> {
        self.mext.mext_core_engine().engine().call_next_wakeup_ms(&mut self.store, self.engine)
    }
}

/// Both nodes, and what lies between them: whatever one transmits on its link, the other receives.
struct Pair {
    now_ms: f64,
    /// The home agent, then the mobile node.
    nodes: [Node; 2],
    /// What came out of the tunnels: the node's index, the packet.
    delivered: Vec<(usize, Vec<u8>)>,
}

const AGENT: usize = 0;
const MOBILE: usize = 1;

impl Pair {
    fn command(&mut self, node: usize, command: Command) -> Result<()> {
        let orders = self.nodes[node].command(self.now_ms, &command)?;
        self.carry_out(node, orders)
    }

    fn receive(&mut self, node: usize, device: u32, packet: Vec<u8>) -> Result<()> {
        let orders = self.nodes[node].receive(self.now_ms, device, packet)?;
        self.carry_out(node, orders)
    }

    /// The driving law: all orders of a call are carried out before the next call of that node.
    fn carry_out(&mut self, node: usize, orders: Vec<Order>) -> Result<()> {
        for order in orders {
            let Order::Transmit(PacketOrder { device, packet }) = order else { continue };
            if device == Some(TUNNEL) {
                self.delivered.push((node, packet));
            } else if packet[24] != 0xff {
                self.receive(1 - node, ACCESS, packet)?; // a multicast would be for a router that is not there
            }
        }
        Ok(())
    }

    /// Lets every timer run at its moment.
    fn pass_time(&mut self, milliseconds: f64) -> Result<()> {
        let until = self.now_ms + milliseconds;
        loop {
            let mut due: Option<(f64, usize)> = None;
            for node in [AGENT, MOBILE] {
                if let Some(at) = self.nodes[node].next_wakeup_ms()? {
                    if at <= until && due.map_or(true, |(first, _)| at < first) {
                        due = Some((at, node));
                    }
                }
            }
            let Some((at, node)) = due else { break };
            self.now_ms = self.now_ms.max(at);
            let orders = self.nodes[node].tick(self.now_ms)?;
            self.carry_out(node, orders)?;
        }
        self.now_ms = until;
        Ok(())
    }

    /// The one packet for an address that came out of a node's tunnel.
    fn take(&mut self, node: usize, destination: &[u8]) -> Vec<u8> {
        let mut found: Vec<_> = self.delivered.drain(..)
            .filter(|(at, packet)| *at == node && &packet[24..40] == destination).collect();
        assert_eq!(found.len(), 1, "one packet comes out of the tunnel");
        found.remove(0).1
    }
}

fn device(index: u32, kind: DeviceKind, mtu: u32, up: bool) -> Command {
    Command::SetDevice(Device { index, kind, mtu, up, preference: None, interface_id: None, link_address: None })
}

fn layer(depth: u8, name: &str, fields: &[(&str, Value)]) -> LayerInput {
    let fields = fields.iter().map(|(name, value)| FieldInput { name: name.to_string(), value: value.clone() }).collect();
    LayerInput { name: name.to_string(), depth, fields }
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "../../../../dist/component/mext.component.wasm".into());
    let component = Component::from_file(&Engine::default(), path)?;

    // A codec in an instance of its own: packets are made and read without any engine.
    let mut store = Store::new(component.engine(), ());
    let mext = Mext::instantiate(&mut store, &component, &Linker::new(component.engine()))?;
    let codecs = mext.mext_core_codec().codec();
    let codec = codecs.call_constructor(&mut store)?;
    let mut encode = |layers: &[LayerInput]| -> Result<Vec<u8>> {
        codecs.call_encode(&mut store, codec, layers)?.map_err(|error| wasmtime::Error::msg(format!("{error:?}")))
    };

    let now_ms = 1000.0;
    let nodes = [
        Node::start("home agent", &component, Role::HomeAgent, now_ms)?,
        Node::start("mobile node", &component, Role::MobileNode, now_ms)?,
    ];
    let mut pair = Pair { now_ms, nodes, delivered: Vec::new() };
    for node in [AGENT, MOBILE] {
        pair.command(node, Command::SetWallClock(UNIX_MS))?;
        pair.command(node, device(TUNNEL, DeviceKind::Tunnel, 1460, true))?;
        pair.command(node, device(ACCESS, DeviceKind::Access, 1500, node == AGENT))?;
    }

    let (home_agent, home_address) = (address("2001:db8:100::1"), address("2001:db8:100::17"));
    let correspondent = address("2001:db8:200::5");
    let security = Security::SharedKey(SharedKey {
        identity: "car17@example.org".into(), spi: 300, key: b"0123456789abcdef".to_vec(),
        replay_protection: ReplayProtection::Timestamp,
    });
    pair.command(AGENT, Command::SetHomeAgent(HomeAgent {
        address: home_agent.clone(), max_lifetime_ms: 3_600_000.0, refresh_advice_ms: 0.0, replay_window_ms: 7000.0,
        home_prefixes: vec![HomePrefix {
            address: address("2001:db8:100::"), length: 64, on_link: true, autonomous: true, router_address: false,
            valid_ms: None, preferred_ms: None,
        }],
    }))?;
    pair.command(AGENT, Command::AddNode(exports::mext::core::engine::Node {
        id: 17, home_addresses: vec![home_address.clone()], security: security.clone(), max_lifetime_ms: 0.0,
    }))?;
    pair.command(MOBILE, Command::SetMobileNode(MobileNode {
        home_address: home_address.clone(), home_agent: Some(home_agent), home_prefix_length: 64,
        lifetime_ms: 600_000.0, first_registration_timeout_ms: 1500.0, binding_ack_timeout_ms: 1000.0,
        max_binding_ack_timeout_ms: 32_000.0, hold_down_ms: 2000.0, optimistic: true, security,
    }))?;

    // The mobile node enters a visited network: its link comes up, and a router advertises a prefix there.
    pair.command(MOBILE, Command::SetLink(Link { device: ACCESS, up: true }))?;
    let advertisement = encode(&[
        layer(0, "ipv6", &[
            ("source", Value::Address(address("fe80::1"))), ("destination", Value::Address(address("ff02::1"))),
            ("hopLimit", Value::Number(255)),
        ]),
        layer(0, "router-advertisement", &[("hopLimit", Value::Number(64)), ("routerLifetime", Value::Number(1800))]),
        layer(1, "prefix-information", &[
            ("prefix", Value::Address(address("2001:db8:a::"))), ("prefixLength", Value::Number(64)),
            ("onLink", Value::Flag(true)), ("autonomous", Value::Flag(true)), ("validLifetime", Value::Number(3600)),
            ("preferredLifetime", Value::Number(1800)),
        ]),
    ])?;
    pair.receive(MOBILE, ACCESS, advertisement)?;
    pair.pass_time(3000.0)?;

    let agent = &mut pair.nodes[AGENT];
    let bindings = agent.mext.mext_core_engine().engine().call_bindings(&mut agent.store, agent.engine)?;
    assert_eq!(bindings.len(), 1);
    assert_eq!(bindings[0].node, Some(17));
    println!("registered: care-of address {:02x?}", bindings[0].careof_address);

    // A correspondent's packet comes to the home agent, and through the tunnel to the mobile node.
    let hello = encode(&[
        layer(0, "ipv6", &[
            ("source", Value::Address(correspondent)), ("destination", Value::Address(home_address.clone())),
            ("hopLimit", Value::Number(63)),
        ]),
        layer(0, "echo-request", &[("identifier", Value::Number(7)), ("sequence", Value::Number(1))]),
        layer(0, "payload", &[("data", Value::Octets(b"hello, car".to_vec()))]),
    ])?;
    pair.receive(AGENT, TUNNEL, hello)?;
    let arrived = pair.take(MOBILE, &home_address);
    assert!(arrived.ends_with(b"hello, car"));
    println!("delivered to the mobile node: {} octets", arrived.len());

    // One instance has one engine, whatever becomes of it.
    let budgets = Budgets {
        slots: 64, slot_bytes: 2048, output_bytes: 65536, max_bindings: 64, max_nodes: 64, reassemblies: 4,
    };
    let agent = &mut pair.nodes[AGENT];
    let second = agent.mext.mext_core_engine().engine()
        .call_start(&mut agent.store, Role::HomeAgent, 1000.0, &[7; 64], budgets)?;
    assert!(matches!(second, Err(Refusal::EngineExists)));
    println!("a second engine in one instance: {:?}", second.err());
    Ok(())
}
