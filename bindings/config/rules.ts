/** Rules that fields of more than one file obey together. */
import { formatAddress, isUniqueLocal, parseAddress, prefixOf } from "../address.ts";
import type { Report } from "./problem.ts";

/** A value and the field that it stands in. */
export interface Valued {
  readonly field: string;
  readonly value: string | number;
}

/** Reports every value that an earlier field has already: "is the same as node[0].spi". */
export function reportDuplicates(all: readonly Valued[], expected: string, report: Report): void {
  const first = new Map<string | number, string>();
  for (const { field, value } of all) {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, field);
    else report.problem(field, `is the same as ${earlier}`, expected);
  }
}

/** A home address is unicast, not the home agent's own, and should be global; `lengthBits` is its prefix. */
export function checkHomeAddress(
  field: string,
  homeAddress: string,
  lengthBits: number | undefined,
  homeAgent: string | undefined,
  report: Report,
): void {
  if (homeAddress === homeAgent) {
    report.problem(field, "is the address of the home agent", "must be another address");
  }
  if (lengthBits !== undefined && isSubnetRouterAnycast(parseAddress(homeAddress), lengthBits)) {
    report.problem(field, "is the Subnet-Router anycast address", "must be a unicast address");
  }
  reportUniqueLocal(field, homeAddress, report);
}

/** All zeros behind the prefix means every router of a link (RFC 4291 §2.6.1), if there is room for it. */
function isSubnetRouterAnycast(address: Uint8Array, lengthBits: number): boolean {
  return lengthBits < 127 && formatAddress(prefixOf(address, lengthBits).address) === formatAddress(address);
}

/** Warns of an address that reaches only part of the Internet (6275-4.6-2). */
export function reportUniqueLocal(field: string, address: string, report: Report): void {
  if (!isUniqueLocal(parseAddress(address))) return;
  report.warning(field, "is a unique local address", "a global one is better (RFC 6275 §4.6)");
}
