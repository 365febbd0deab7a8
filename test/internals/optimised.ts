/**
 * What the tests of return routability and of optimised headers call. Compiled for the tests only.
 */
import * as bindingAcknowledgement from "../../core-as/wire/binding-acknowledgement";
import * as bindingOptions from "../../core-as/wire/binding-options";
import * as bindingUpdate from "../../core-as/wire/binding-update";
import * as mobility from "../../core-as/wire/mobility";
import * as returnRoutability from "../../core-as/protocol/return-routability";

/** Memory for a test's own bytes; it is never given back. */
export function allocate(bytes: usize): usize {
  return heap.alloc(bytes);
}

/** The Mobility Header of a Binding Update under the Kbm in use; returns its octets. */
export function updateBuild(
  p: usize, sequence: u32, flags: u32, lifetimeMs: f64, homeNonce: u32, careofNonce: u32, careofAddress: usize,
  homeAddress: usize, correspondent: usize,
): u32 {
  let end = bindingUpdate.build(p, sequence, flags, lifetimeMs);
  end = bindingOptions.appendNonceIndices(p, end, homeNonce, careofNonce);
  end = returnRoutability.authorise(p, end, careofAddress, correspondent);
  return mobility.finish(p, end, homeAddress, correspondent);
}

/** The Mobility Header of a Binding Acknowledgement under the Kbm in use; returns its octets. */
export function acknowledgementBuild(
  p: usize, status: u32, sequence: u32, lifetimeMs: f64, careofAddress: usize, homeAddress: usize, correspondent: usize,
): u32 {
  const end = bindingAcknowledgement.build(p, status, 0, sequence, lifetimeMs);
  return mobility.finish(
    p, returnRoutability.authorise(p, end, careofAddress, correspondent), correspondent, homeAddress,
  );
}

export { prepare as hmacPrepare } from "../../core-as/protocol/crypto/hmac-sha1";
export { isAuthorised, keygenToken, useHomeToken, useTokens } from "../../core-as/protocol/return-routability";
export {
  insertHomeAddress, insertRoutingHeader, mayTake, mayTakeRoutingHeader, removeHomeAddress, removeRoutingHeader,
} from "../../core-as/encap/optimised";
export { walk } from "../../core-as/wire/extension";
