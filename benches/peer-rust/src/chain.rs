//! The extension headers of a packet (RFC 8200 §4, RFC 6275 §6.3 and §6.4), read by etherparse's slices one by one;
//! smoltcp reads the options and says what their types ask for.
use core::net::Ipv6Addr;

use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice, err, ip_number,
};
use smoltcp::wire::{Ipv6Option, Ipv6OptionFailureType, Ipv6OptionType, Ipv6RoutingHeader, Ipv6RoutingType};

use crate::verdict::{Judged, Verdict};

pub const IPV6_BYTES: usize = 40;
/// RFC 8504 §5.3.
const MAX_HEADERS: usize = 8;
const HOME_ADDRESS: Ipv6OptionType = Ipv6OptionType::Unknown(0xc9);
const OPTION_HEADER_BYTES: usize = 2;
const ADDRESS_BYTES: usize = 16;
/// Of a type 2 routing header.
const ROUTING_BYTES: usize = 24;
const ROUTED_ADDRESS: usize = 8;

/// What stands between the IPv6 header and the upper layer. Offsets are from the start of the packet.
#[derive(Default)]
pub struct Chain {
    /// What ends the chain; the Fragment header itself in a later fragment.
    pub upper: u8,
    pub upper_at: usize,
    /// Home Address option, where its address begins.
    pub home_address_at: Option<usize>,
    /// Type 2 routing header, where its address begins.
    pub routed_address_at: Option<usize>,
    /// A routing header of another type has segments left.
    pub is_source_routed: bool,
    pub fragment: Option<Fragment>,
    pub is_authenticated: bool,
}

#[derive(Clone, Copy)]
pub struct Fragment {
    pub at: usize,
    pub offset: usize,
    pub more: bool,
}

impl Chain {
    /// True when the packet is a part of a larger one.
    pub fn is_fragment(&self) -> bool {
        self.fragment.is_some_and(|fragment| fragment.offset != 0 || fragment.more)
    }
}

pub fn is_extension(protocol: IpNumber) -> bool {
    matches!(
        protocol,
        ip_number::IPV6_HEADER_HOP_BY_HOP
            | ip_number::IPV6_ROUTE_HEADER
            | ip_number::IPV6_FRAGMENTATION_HEADER
            | ip_number::AUTHENTICATION_HEADER
            | ip_number::IPV6_DESTINATION_OPTIONS
    )
}

pub fn address(octets: &[u8]) -> Ipv6Addr {
    let mut copy = [0; ADDRESS_BYTES];
    copy.copy_from_slice(&octets[..ADDRESS_BYTES]);
    Ipv6Addr::from(copy)
}

pub fn is_link_local(octets: &[u8]) -> bool {
    octets[0] == 0xfe && octets[1] & 0xc0 == 0x80
}

fn is_routable(address: Ipv6Addr) -> bool {
    !(address.is_multicast() || address.is_unspecified() || address.is_loopback() || address.is_unicast_link_local())
}

/// One extension header: what it names and how long it is.
pub fn extension<'a>(protocol: IpNumber, rest: &'a [u8]) -> Judged<(IpNumber, &'a [u8])> {
    match protocol {
        ip_number::IPV6_FRAGMENTATION_HEADER => Ipv6FragmentHeaderSlice::from_slice(rest)
            .map(|header| (header.next_header(), header.slice()))
            .map_err(|_| Verdict::ExtensionTruncated),
        ip_number::AUTHENTICATION_HEADER => IpAuthHeaderSlice::from_slice(rest)
            .map(|header| (header.next_header(), header.slice()))
            .map_err(|error| match error {
                // etherparse wants twelve octets before it looks at the length
                err::ip_auth::HeaderSliceError::Len(_) if rest.len() < 8 || rest[1] != 0 => Verdict::ExtensionTruncated,
                err::ip_auth::HeaderSliceError::Len(_) => Verdict::AuthenticationLength,
                err::ip_auth::HeaderSliceError::Content(_) => Verdict::AuthenticationLength,
            }),
        _ => Ipv6RawExtHeaderSlice::from_slice(rest)
            .map(|header| (header.next_header(), header.slice()))
            .map_err(|_| Verdict::ExtensionTruncated),
    }
}

/// Walks the chain of a whole IPv6 packet, in whatever order it is, and judges what stands in it.
pub fn walk(header: &Ipv6HeaderSlice, packet: &[u8]) -> Judged<Chain> {
    let mut chain = Chain::default();
    let mut protocol = header.next_header();
    let mut at = IPV6_BYTES;
    let mut headers = 0;
    while is_extension(protocol) {
        if headers == MAX_HEADERS {
            return Err(Verdict::TooManyHeaders);
        }
        headers += 1;
        let (next, octets) = extension(protocol, &packet[at..])?;
        match protocol {
            ip_number::IPV6_HEADER_HOP_BY_HOP if at != IPV6_BYTES => return Err(Verdict::HopByHopNotFirst),
            ip_number::IPV6_HEADER_HOP_BY_HOP => options(&mut chain, octets, at, false)?,
            ip_number::IPV6_DESTINATION_OPTIONS => {
                let before = chain.home_address_at;
                options(&mut chain, octets, at, true)?;
                // RFC 6275 §6.3: it stands before the Fragment and Authentication headers.
                let is_late = chain.fragment.is_some() || chain.is_authenticated;
                if is_late && chain.home_address_at != before {
                    return Err(Verdict::HomeAddressMisplaced);
                }
            }
            ip_number::IPV6_ROUTE_HEADER => routing(&mut chain, octets, at)?,
            ip_number::AUTHENTICATION_HEADER => chain.is_authenticated = true,
            _ => {
                let fragment = fragment(octets, at);
                chain.fragment = Some(fragment);
                if fragment.offset != 0 {
                    break; // what follows is the middle of something
                }
            }
        }
        protocol = next;
        at += octets.len();
    }
    chain.upper = protocol.0;
    chain.upper_at = at;
    Ok(chain)
}

pub fn fragment(octets: &[u8], at: usize) -> Fragment {
    // Eight octets are there: `extension` has read the header.
    let (offset, more) = Ipv6FragmentHeaderSlice::from_slice(octets)
        .map_or((0, false), |header| (usize::from(header.fragment_offset().byte_offset()), header.more_fragments()));
    Fragment { at, offset, more }
}

/// RFC 8200 §4.2; the Home Address option is known in a Destination Options header.
fn options(chain: &mut Chain, octets: &[u8], header_at: usize, knows_home_address: bool) -> Judged<()> {
    let mut at = OPTION_HEADER_BYTES;
    while at < octets.len() {
        let option = Ipv6Option::new_checked(&octets[at..]).map_err(|_| Verdict::OptionOverrun)?;
        let kind = option.option_type();
        if kind == Ipv6OptionType::Pad1 {
            at += 1;
            continue;
        }
        if kind == HOME_ADDRESS && knows_home_address {
            home_address(chain, option.data(), header_at + at + OPTION_HEADER_BYTES)?;
        } else {
            match Ipv6OptionFailureType::from(kind) {
                Ipv6OptionFailureType::Skip => {}
                Ipv6OptionFailureType::Discard => return Err(Verdict::OptionDiscard),
                _ => return Err(Verdict::OptionUnrecognized),
            }
        }
        at += OPTION_HEADER_BYTES + usize::from(option.data_len());
    }
    Ok(())
}

fn home_address(chain: &mut Chain, data: &[u8], at: usize) -> Judged<()> {
    if data.len() != ADDRESS_BYTES {
        return Err(Verdict::HomeAddressLength);
    }
    if chain.home_address_at.is_some() {
        return Err(Verdict::HomeAddressRepeated);
    }
    if !is_routable(address(data)) {
        return Err(Verdict::HomeAddressNotRoutable);
    }
    chain.home_address_at = Some(at);
    Ok(())
}

/// RFC 6275 §6.4.1. A routing header stands before the Home Address option (§6.3).
fn routing(chain: &mut Chain, octets: &[u8], at: usize) -> Judged<()> {
    if chain.home_address_at.is_some() {
        return Err(Verdict::HomeAddressMisplaced);
    }
    let header = Ipv6RoutingHeader::new_unchecked(&octets[OPTION_HEADER_BYTES..]);
    if header.routing_type() != Ipv6RoutingType::Type2 {
        chain.is_source_routed = header.segments_left() != 0; // of the last one
        return Ok(());
    }
    if chain.routed_address_at.is_some() {
        return Err(Verdict::RoutingRepeated);
    }
    if octets.len() != ROUTING_BYTES {
        return Err(Verdict::RoutingLength);
    }
    if header.segments_left() != 1 {
        return Err(Verdict::RoutingSegmentsLeft);
    }
    if !is_routable(header.home_address()) {
        return Err(Verdict::RoutingNotRoutable);
    }
    chain.routed_address_at = Some(at + ROUTED_ADDRESS);
    Ok(())
}

/// The upper layer of a packet without a judgement of what stands before it: where `wanted` begins.
pub fn find_upper(header: &Ipv6HeaderSlice, packet: &[u8], wanted: IpNumber) -> Option<usize> {
    let mut protocol = header.next_header();
    let mut at = IPV6_BYTES;
    for _ in 0..=MAX_HEADERS {
        if !is_extension(protocol) {
            return (protocol == wanted && at < packet.len()).then_some(at);
        }
        let (next, octets) = extension(protocol, &packet[at..]).ok()?;
        if protocol == ip_number::IPV6_FRAGMENTATION_HEADER && fragment(octets, at).offset != 0 {
            return None;
        }
        protocol = next;
        at += octets.len();
    }
    None
}
