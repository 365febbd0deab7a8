/** Addresses that everybody knows, and what their parts are (RFC 4291). */

/** Pointer to `::`. */
export const UNSPECIFIED: usize = memory.data(16, 16);
/** Pointer to the group of all nodes of a link. */
export const ALL_NODES: usize = memory.data<u8>([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
/** Pointer to the group of all routers of a link. */
export const ALL_ROUTERS: usize = memory.data<u8>([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);

/** Bits of a prefix to which an interface identifier of 64 bits is added (§2.5.1; RFC 4862 §5.5.3). */
export const INTERFACE_PREFIX_BITS: u32 = 64;
