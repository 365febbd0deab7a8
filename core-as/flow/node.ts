/** What this instance is. */
import { Role } from "../abi/contract";

let instanceRole: u32 = Role.Codec;
let isStarted: bool = false;

export function start(role: u32): void {
  instanceRole = role;
  isStarted = true;
}

export function started(): bool {
  return isStarted;
}

export function role(): u32 {
  return instanceRole;
}
