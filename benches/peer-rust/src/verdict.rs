//! What becomes of a packet. The numbers are those of `benches/peers/rust-verdicts.ts`.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Verdict {
    /// Sent on: the outputs have it.
    Accepted = 0,
    /// RFC 8200 §3.
    NotIpv6,
    HeaderTruncated,
    /// RFC 8200 §4: a header reaches behind the end of the packet.
    ExtensionTruncated,
    /// RFC 8504 §5.3.
    TooManyHeaders,
    /// RFC 8200 §4.3.
    HopByHopNotFirst,
    /// RFC 8200 §4.2.
    OptionOverrun,
    OptionDiscard,
    OptionUnrecognized,
    /// RFC 6275 §6.3.
    HomeAddressLength,
    HomeAddressRepeated,
    HomeAddressMisplaced,
    /// RFC 6275 §9.3.1.
    HomeAddressNotRoutable,
    /// RFC 6275 §6.4.
    RoutingLength,
    RoutingSegmentsLeft,
    RoutingRepeated,
    RoutingNotRoutable,
    /// RFC 8200 §4.4.
    RoutingTypeUnrecognized,
    /// A type 2 routing header, which no home agent has an address for: RFC 6275 §6.4.
    RoutingNotOurs,
    /// RFC 4302 §2.2.
    AuthenticationLength,
    NotForUs,
    /// RFC 8200 §4.5.
    FragmentMalformed,
    /// Reassembled by others: this peer ends here.
    Fragment,
    /// RFC 6275 §9.3.1.
    HomeAddressWithoutBinding,
    /// From a bound node to the home agent's host.
    ForTheHost,
    /// RFC 6275 §9.2: the checksum alone is verified here, a message is not read.
    MobilityTruncated,
    MobilityChecksum,
    MobilityMessage,
    /// RFC 4443 §2.3: as with mobility messages.
    Icmpv6Truncated,
    Icmpv6Checksum,
    Icmpv6Message,
    /// IPv4 in a tunnel: not read here.
    Ipv4Inside,
    UpperProtocolUnknown,
    /// RFC 2473 §3.3.
    InnerMalformed,
    /// RFC 6040 §4.2.
    CongestionLost,
    /// RFC 6275 §10.4.5.
    TunnelSourceNotBound,
    /// RFC 6275 §10.4.2.
    LinkLocal,
    /// To a group: not followed here.
    Group,
    /// RFC 6275 §10.4.1.
    NoBinding,
    /// Of the home agent's host itself: routed and not tunnelled (RFC 6275 §9.3.2), not followed here.
    OwnPacket,
    /// RFC 2473 §4.1.2.
    Recursive,
    /// RFC 2473 §4.1.1.
    EncapsulationLimit,
    /// RFC 2473 §7.1.
    TooBig,
    /// Fits the least MTU but not the path: to be fragmented (RFC 2473 §7.1), which this peer does not.
    ToBeFragmented,
}

pub const COUNT: usize = Verdict::ToBeFragmented as usize + 1;

pub type Judged<T> = Result<T, Verdict>;
